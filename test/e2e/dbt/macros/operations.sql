{% macro sweep() %}
  {% for schema in [target.schema, target.schema ~ '_dbt_test__audit', target.schema ~ '_ci'] %}
    {% do adapter.drop_schema(api.Relation.create(schema=schema)) %}
  {% endfor %}
{% endmacro %}

{# What adapters do by macros that no materialization needs. #}
{% macro workshop() %}
  {% set old = api.Relation.create(schema=target.schema, identifier='bench', type='table') %}
  {% set new = api.Relation.create(schema=target.schema, identifier='bench_2', type='table') %}
  {% do run_query('create table ' ~ old ~ ' (id int, s string) using parquet') %}
  {% do run_query("insert into " ~ old ~ " values (1, 'it\\'s')") %}
  {% do adapter.rename_relation(old, new) %}
  {% set columns = adapter.get_columns_in_relation(new) | map(attribute='name') | join(',') %}
  {% if columns != 'id,s' %}{{ exceptions.raise_compiler_error('columns: ' ~ columns) }}{% endif %}
  {% do alter_relation_add_remove_columns(new, [api.Column.create('more', 'string')], none) %}
  {% set rows = run_query('select s from ' ~ new).columns[0].values() %}
  {% if rows[0] != "it's" %}{{ exceptions.raise_compiler_error('row: ' ~ rows[0]) }}{% endif %}
  {% do adapter.truncate_relation(new) %}
  {% do fetch_tbl_properties(new) %}
  {% do adapter.drop_relation(new) %}
  {% if adapter.get_relation(database=none, schema=target.schema, identifier='bench_2') is not none %}
    {{ exceptions.raise_compiler_error('it is still there') }}
  {% endif %}
{% endmacro %}
