{{ config(incremental_strategy='append', file_format='delta', on_schema_change='append_new_columns') }}
select order_id, status {% if var("generation") > 1 %}, amount, 'new' as note {% endif %} from {{ ref('stg_orders') }}
