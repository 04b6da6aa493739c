package hs2

import (
	"encoding/binary"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"
)

// Stranger is what to tell a client of the binary protocol on the port for HTTP, by the
// first byte it sends; nil for others.
func (o HTTPOptions) Stranger(first byte) []byte {
	text := "this port speaks HTTP: connect with transportMode=http;httpPath=" + strings.TrimPrefix(o.path(), "/")
	switch {
	case first >= saslStart && first <= saslComplete:
		return saslMessage(saslBad, text)
	case first == byteRaw:
		return exceptionFor(text)
	default:
		return nil
	}
}

// exceptionFor answers whatever call it was: clients look at what an exception says
// before they look which call it belongs to.
func exceptionFor(text string) []byte {
	b := binary.BigEndian.AppendUint32(nil, thrift.VERSION_1|uint32(thrift.EXCEPTION))
	b = append(b, make([]byte, 8)...) // no name, no number
	b = append(b, thrift.STRING, 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	b = append(append(b, text...), thrift.I32, 0, 2)
	b = binary.BigEndian.AppendUint32(b, thrift.INVALID_PROTOCOL)
	return append(b, thrift.STOP)
}
