{{ config(incremental_strategy='merge', file_format='delta', unique_key='order_id') }}
select order_id, customer_id, case when order_id = 1 then 'generation {{ var("generation") }}' else status end as status, amount
from {{ ref('stg_orders') }}
