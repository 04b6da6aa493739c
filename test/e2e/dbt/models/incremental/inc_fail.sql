{{ config(incremental_strategy='append', file_format='parquet', on_schema_change='fail') }}
select order_id {% if var("generation") > 2 %}, amount {% endif %} from {{ ref('stg_orders') }}
