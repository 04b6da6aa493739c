{{ config(incremental_strategy='microbatch', file_format='parquet', partition_by=['ordered_on'],
          event_time='ordered_on', begin='2024-01-01', batch_size='day', lookback=1) }}
select order_id, status, ordered_on, {{ var("generation") }} as generation from {{ ref('orders') }}
