{{ config(file_format='delta') }}
select cast(order_id as bigint) as order_id, cast(status as string) as status, cast(amount as decimal(12,2)) as amount
from {{ ref('stg_orders') }}
