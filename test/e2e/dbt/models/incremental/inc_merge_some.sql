{{ config(incremental_strategy='merge', file_format='iceberg', unique_key=['order_id', 'customer_id'],
          merge_update_columns=['status'], incremental_predicates=['DBT_INTERNAL_DEST.order_id > 0']) }}
select customer_id, order_id, concat(status, ' {{ var("generation") }}') as status, amount * {{ var("generation") }} as amount
from {{ ref('stg_orders') }}
