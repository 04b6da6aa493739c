{{ config(severity='warn', tags=['broken']) }}
select * from {{ ref('orders') }} where amount is null
