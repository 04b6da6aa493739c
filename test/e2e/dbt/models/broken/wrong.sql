{{ config(materialized='view', tags=['broken']) }}
select nope from {{ ref('orders') }}
