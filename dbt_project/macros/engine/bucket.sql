{# A text's bucket 0..n-1 by the first 60 bits of its SHA-256: the same on every engine and in Python. #}
{% macro bucket(text, n) %}{{ return(adapter.dispatch('bucket')(text, n)) }}{% endmacro %}
{% macro default__bucket(text, n) %}cast(cast('0x' || substr(sha256({{ text }}), 1, 15) as ubigint) % {{ n }} as integer){% endmacro %}
{% macro spark__bucket(text, n) %}cast(cast(conv(substr(sha2({{ text }}, 256), 1, 15), 16, 10) as bigint) % {{ n }} as int){% endmacro %}
