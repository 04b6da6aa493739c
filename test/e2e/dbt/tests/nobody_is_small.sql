{{ config(tags=['broken'], store_failures=true) }}
select customer_id, full_name from {{ ref('dim_customers') }} where size = 'small'
