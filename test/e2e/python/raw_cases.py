"""Thrift calls that well-behaved clients don't make.

The Thrift classes are those that PyHive brings. Output as in pyhive_cases.py.
Usage: raw_cases.py HOST PORT
"""

import re
import sys
import traceback
import uuid

import thrift_sasl
from pyhive.sasl_compat import PureSASLClient
from TCLIService import TCLIService
from TCLIService import ttypes as t
from thrift.protocol import TBinaryProtocol
from thrift.Thrift import TApplicationException, TMessageType
from thrift.transport import TSocket

HOST, PORT = sys.argv[1], int(sys.argv[2])
CASES = []


def case(function):
    CASES.append(function)
    return function


def login():
    return PureSASLClient(HOST, username="raw", password="secret")


class Client:
    """A connection and a session on it."""

    def __init__(self, version=t.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V8):
        self.socket = TSocket.TSocket(HOST, PORT)
        self.socket.setTimeout(20000)
        self.transport = thrift_sasl.TSaslClientTransport(login, "PLAIN", self.socket)
        self.protocol = TBinaryProtocol.TBinaryProtocol(self.transport)
        self.calls = TCLIService.Client(self.protocol)
        self.transport.open()
        opened = self.calls.OpenSession(t.TOpenSessionReq(client_protocol=version, username="raw"))
        assert opened.status.statusCode == t.TStatusCode.SUCCESS_STATUS, opened
        self.version = opened.serverProtocolVersion
        self.session = opened.sessionHandle

    def execute(self, sql, run_async=False):
        return self.calls.ExecuteStatement(t.TExecuteStatementReq(self.session, sql, runAsync=run_async))

    def fetch(self, operation, rows=100, orientation=t.TFetchOrientation.FETCH_NEXT):
        return self.calls.FetchResults(t.TFetchResultsReq(operation, orientation, rows))

    def works(self):
        done = self.execute("select 1")
        succeeded(done)
        succeeded(self.fetch(done.operationHandle))
        succeeded(self.calls.CloseOperation(t.TCloseOperationReq(done.operationHandle)))

    def close(self):
        succeeded(self.calls.CloseSession(t.TCloseSessionReq(self.session)))
        self.transport.close()


def succeeded(answer):
    assert answer.status.statusCode in (t.TStatusCode.SUCCESS_STATUS, t.TStatusCode.SUCCESS_WITH_INFO_STATUS), answer


def refused(answer, *words):
    status = answer.status
    print("# refused:", status.sqlState, str(status.errorMessage).replace("\n", "\\n"))
    assert status.statusCode in (t.TStatusCode.ERROR_STATUS, t.TStatusCode.INVALID_HANDLE_STATUS), answer
    assert status.errorMessage and status.sqlState, f"a message and an SQLSTATE: {status}"
    for word in words:
        assert word in status.errorMessage, f"{word} in {status.errorMessage}"


def operation(kind=t.TOperationType.EXECUTE_STATEMENT, guid=None):
    identifier = t.THandleIdentifier(guid or uuid.uuid4().bytes, uuid.uuid4().bytes)
    return t.TOperationHandle(identifier, kind, True)


def session(guid=None):
    return t.TSessionHandle(t.THandleIdentifier(guid or uuid.uuid4().bytes, uuid.uuid4().bytes))


@case
def unknown_session():
    client = Client()
    for unknown in (session(), session(b""), session(b"short"), session(b"x" * 1000)):
        refused(client.calls.ExecuteStatement(t.TExecuteStatementReq(unknown, "select 1")))
        refused(client.calls.GetInfo(t.TGetInfoReq(unknown, t.TGetInfoType.CLI_DBMS_NAME)))
        refused(client.calls.GetTables(t.TGetTablesReq(unknown)))
        refused(client.calls.CloseSession(t.TCloseSessionReq(unknown)))
    client.works()
    client.close()


@case
def unknown_operation():
    client = Client()
    for unknown in (operation(), operation(guid=b""), operation(guid=b"short"), operation(t.TOperationType.GET_TABLES)):
        refused(client.calls.GetOperationStatus(t.TGetOperationStatusReq(unknown)))
        refused(client.calls.GetResultSetMetadata(t.TGetResultSetMetadataReq(unknown)))
        refused(client.fetch(unknown))
        client.calls.CancelOperation(t.TCancelOperationReq(unknown))  # either way: it is not running
        client.calls.CloseOperation(t.TCloseOperationReq(unknown))
    client.works()
    client.close()


@case
def closed_session():
    client = Client()
    done = client.execute("select 1")
    succeeded(client.calls.CloseSession(t.TCloseSessionReq(client.session)))
    refused(client.execute("select 1"))
    refused(client.fetch(done.operationHandle))
    refused(client.calls.GetOperationStatus(t.TGetOperationStatusReq(done.operationHandle)))
    refused(client.calls.CloseSession(t.TCloseSessionReq(client.session)))
    # The connection itself lives on.
    client.session = client.calls.OpenSession(t.TOpenSessionReq(client_protocol=7)).sessionHandle
    client.works()
    client.close()


@case
def closed_operation():
    client = Client()
    done = client.execute("select 1")
    succeeded(client.calls.CloseOperation(t.TCloseOperationReq(done.operationHandle)))
    refused(client.fetch(done.operationHandle))
    client.works()
    client.close()


@case
def syntax_error():
    client = Client()
    failed = client.execute("selec 1")
    refused(failed, "selec")
    assert failed.status.sqlState == "42601", failed.status
    pending = client.execute("selec 1", run_async=True)
    if pending.status.statusCode == t.TStatusCode.SUCCESS_STATUS:
        state = t.TOperationState.RUNNING_STATE
        while state in (t.TOperationState.INITIALIZED_STATE, t.TOperationState.PENDING_STATE, t.TOperationState.RUNNING_STATE):
            status = client.calls.GetOperationStatus(t.TGetOperationStatusReq(pending.operationHandle))
            state = status.operationState
        assert state == t.TOperationState.ERROR_STATE, status
        assert status.sqlState == "42601" and "selec" in status.errorMessage, status
    client.works()
    client.close()


@case
def strange_fetches():
    client = Client()
    done = client.execute("select i from range(10) t(i) order by i")
    for rows in (-1, 0, 1 << 40):
        client.fetch(done.operationHandle, rows)  # any answer will do
    refused(client.fetch(done.operationHandle, 10, t.TFetchOrientation.FETCH_PRIOR))
    first = client.fetch(done.operationHandle, 100, t.TFetchOrientation.FETCH_FIRST)
    succeeded(first)
    assert len(first.results.columns[0].i64Val.values) == 10, first
    end = client.fetch(done.operationHandle)
    assert end.results.columns[0].i64Val.values == [], end
    client.works()
    client.close()


@case
def every_protocol_version():
    for version in range(0, 11):
        client = Client(version)
        assert client.version <= version, f"asked for {version}, got {client.version}"
        done = client.execute("select i, case when i = 1 then null else concat('s', cast(i as string)) end from range(3) t(i) order by i")
        succeeded(done)
        results = client.fetch(done.operationHandle).results
        if version < t.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V6:
            got = [(row.colVals[0].i64Val.value, row.colVals[1].stringVal.value) for row in results.rows]
        else:
            numbers, texts = results.columns[0].i64Val.values, results.columns[1].stringVal
            nulls = texts.nulls if isinstance(texts.nulls, bytes) else texts.nulls.encode("latin-1")
            got = [(n, None if len(nulls) > i // 8 and nulls[i // 8] >> (i % 8) & 1 else s)
                   for i, (n, s) in enumerate(zip(numbers, texts.values))]
        assert got == [(0, "s0"), (1, None), (2, "s2")], f"version {version}: {got}"
        client.close()


@case
def unknown_method():
    client = Client()
    client.protocol.writeMessageBegin("NoSuchMethod", TMessageType.CALL, 7)
    t.TGetInfoReq(client.session, 1).write(client.protocol)
    client.protocol.writeMessageEnd()
    client.transport.flush()
    name, kind, sequence = client.protocol.readMessageBegin()
    assert kind == TMessageType.EXCEPTION and sequence == 7, (name, kind, sequence)
    error = TApplicationException()
    error.read(client.protocol)
    client.protocol.readMessageEnd()
    assert error.type == TApplicationException.UNKNOWN_METHOD, error
    client.works()
    client.close()


@case
def somebody_elses_handle():
    one, two = Client(), Client()
    done = one.execute("select 1")
    one.transport.close()  # without a goodbye: the server closes its session
    two.works()
    for _ in range(200):
        if two.fetch(done.operationHandle).status.statusCode == t.TStatusCode.ERROR_STATUS:
            break
        two.works()
    else:
        raise AssertionError("the session of a dropped connection is still there")
    two.close()


@case
def dropped_in_the_middle():
    """Clients that vanish while their statements run, or with half a result read."""
    for _ in range(4):
        running, reading = Client(), Client()
        succeeded(running.execute("select count(*) from range(1000000) a(i), range(1000000) b(j) where i * j % 7 = 3", run_async=True))
        open_result = reading.execute("select i, repeat('x', 100) from range(1000000) t(i)")
        succeeded(reading.fetch(open_result.operationHandle, 1000))
        running.transport.close()
        reading.transport.close()
    client = Client()
    client.works()
    client.close()


def main():
    wanted = re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
    ran = 0
    for function in CASES:
        if not wanted.search(function.__name__):
            continue
        ran += 1
        try:
            function()
            print("ok", function.__name__)
        except BaseException as error:  # the report is the point
            print("#", traceback.format_exc().replace("\n", "\n# "))
            print(f"FAIL {function.__name__}: {error!r}".replace("\n", "\\n"))
        sys.stdout.flush()
    print("done", ran)


main()
