{{ config(materialized='table', tags=['broken']) }}
select 1 as a from no_such_table_anywhere
