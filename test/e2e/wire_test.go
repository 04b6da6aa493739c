package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
)

// wireClient is a client that costs a tenth of what it measures: one connection, requests
// as bytes, and answers in one buffer, of which it looks at what it must.
type wireClient struct {
	conn net.Conn
	buf  []byte
}

func dialWire(t *testing.T, address string) (*wireClient, error) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	return &wireClient{conn: conn, buf: make([]byte, 64<<10)}, err
}

// ask returns the body of a whole answer that says 200; it is good until the next one.
func (c *wireClient) ask(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	have, begin, end := 0, 0, len(c.buf) // of the body
	for have < end {
		if have == len(c.buf) {
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		n, err := c.conn.Read(c.buf[have:])
		if err != nil {
			return nil, err
		}
		have += n
		if begin > 0 {
			continue
		}
		head, _, whole := bytes.Cut(c.buf[:have], []byte("\r\n\r\n"))
		if !whole {
			continue
		}
		size, err := bodySize(head)
		if err != nil {
			return nil, err
		}
		begin = len(head) + len("\r\n\r\n")
		end = begin + size
	}
	if have != end {
		return nil, fmt.Errorf("%d bytes more than the answer has", have-end)
	}
	body := c.buf[begin:end]
	if !bytes.HasPrefix(c.buf, []byte("HTTP/1.1 200 ")) {
		return nil, fmt.Errorf("%s: %s", c.buf[:begin], body)
	}
	return body, nil
}

// bodySize reads an answer's Content-Length.
func bodySize(head []byte) (int, error) {
	const name = "\r\nContent-Length: "
	_, value, ok := bytes.Cut(head, []byte(name))
	if !ok {
		return 0, errors.New("the answer doesn't say how long it is")
	}
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	return strconv.Atoi(string(value))
}
