{{ config(materialized='ephemeral') }}
select customer_id, sum(amount) as paid, count(*) as n from {{ ref('stg_orders') }} where status = 'done' group by customer_id
