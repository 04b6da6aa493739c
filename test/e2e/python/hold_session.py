"""Opens a session, makes a table, reads one that REST made, and stays until standard
input ends. Usage: hold_session.py HOST PORT
"""

import sys

from pyhive import hive

connection = hive.connect(sys.argv[1], port=int(sys.argv[2]), username="holder")
cursor = connection.cursor()
cursor.execute("create or replace table from_thrift as select 'made by Thrift' as note")
cursor.execute("select note from from_rest")
assert cursor.fetchall() == [("made by REST",)]
sys.stdin.read()
connection.close()
