{{ config(incremental_strategy='append', file_format='parquet') }}
select order_id, status, amount from {{ ref('stg_orders') }}
{% if is_incremental() %} where order_id > (select max(order_id) from {{ this }}) {% endif %}
