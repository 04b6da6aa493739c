{{ config(incremental_strategy='insert_overwrite', file_format='parquet') }}
select order_id, status, {{ var("generation") }} as generation from {{ ref('stg_orders') }}
{% if is_incremental() %} where ordered_on >= '2024-01-03' {% endif %}
