{{ config(incremental_strategy='insert_overwrite', file_format='parquet', partition_by=['ordered_on']) }}
select order_id, concat(status, ' {{ var("generation") }}') as status, amount, ordered_on from {{ ref('stg_orders') }}
{% if is_incremental() %} where ordered_on >= '2024-01-03' {% endif %}
