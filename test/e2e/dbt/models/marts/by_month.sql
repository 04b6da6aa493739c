{{ config(file_format='orc', partition_by=['month'], options={'compression': 'zlib'}, location_root='/warehouse/shop') }}
select status, count(*) as n, sum(amount) as total, cast(month as date) as month from {{ ref('stg_orders') }} group by status, month
