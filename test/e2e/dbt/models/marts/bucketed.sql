{{ config(file_format='parquet', clustered_by='order_id', buckets=4) }}
select order_id, upper(status) as status, row_number() over (partition by customer_id order by order_id) as nth from {{ ref('stg_orders') }}
