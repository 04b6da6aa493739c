package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// The replaying server answers a client with bytes that are there already: what the
// gateway itself has said to the same driver before. So it does no work but to read
// a frame and to write one, and what a client reaches with it is the client's own
// ceiling on this machine.
//
// The user's name says what happens: "record DRIVER" is passed on to the gateway and
// written down, "replay DRIVER" gets what was written down.
type replayer struct {
	upstream string

	mu      sync.Mutex
	scripts map[string]*script
}

// script is what was answered to one statement, or outside of any, by method.
type script struct{ answers map[string][][]byte }

// frames larger than this are none of ours.
const maxFrame = 256 << 20

func serveReplay(ctx context.Context, address, upstream string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	r := &replayer{upstream: upstream, scripts: map[string]*script{}}
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		go func() {
			defer conn.Close()
			if err := r.serve(conn); err != nil && !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "replay:", err)
			}
		}()
	}
}

// dialog is one connection of a client.
type dialog struct {
	r      *replayer
	driver string
	in     *bufio.Reader
	out    net.Conn

	up   net.Conn // the gateway, while it is recorded
	from *bufio.Reader

	now  *script // of the statement that runs, or what is outside of any
	next map[string]int
	buf  []byte // a call
	head []byte // what begins an answer
}

func (r *replayer) serve(conn net.Conn) error {
	d := &dialog{r: r, in: bufio.NewReaderSize(conn, 1<<16), out: conn}
	login, user, err := readLogin(d.in)
	if err != nil {
		return err
	}
	mode, driver, _ := strings.Cut(user, " ")
	d.driver = driver
	switch mode {
	case "record":
		if d.up, err = net.Dial("tcp", r.upstream); err != nil {
			return err
		}
		defer d.up.Close()
		d.from = bufio.NewReaderSize(d.up, 1<<16)
		if _, err = d.up.Write(login); err == nil {
			err = saslComplete(d.from)
		}
	case "replay":
	default:
		err = fmt.Errorf("the user %q neither records nor replays", user)
	}
	if err != nil {
		return err
	}
	if _, err := conn.Write([]byte{5, 0, 0, 0, 0}); err != nil {
		return err
	}
	d.turn("")
	for {
		if err := d.exchange(); err != nil {
			return err
		}
	}
}

// readLogin reads both of the client's steps of SASL PLAIN.
func readLogin(r io.Reader) (all []byte, user string, err error) {
	var body []byte
	for range 2 {
		head := make([]byte, 5)
		if _, err := io.ReadFull(r, head); err != nil {
			return nil, "", err
		}
		body = make([]byte, min(binary.BigEndian.Uint32(head[1:]), 1<<16))
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, "", err
		}
		all = append(append(all, head...), body...)
	}
	parts := bytes.Split(body, []byte{0})
	return all, string(parts[len(parts)-2]), nil
}

func saslComplete(r io.Reader) error {
	answer := make([]byte, 5)
	if _, err := io.ReadFull(r, answer); err != nil {
		return err
	}
	if answer[0] != 5 {
		return fmt.Errorf("the login was answered with status %d", answer[0])
	}
	return nil
}

// exchange answers one call.
func (d *dialog) exchange() error {
	var err error
	if d.buf, err = readFrame(d.in, d.buf); err != nil {
		return err
	}
	call := d.buf
	method, seq, arguments, err := parseCall(call)
	if err != nil {
		return err
	}
	if method == "ExecuteStatement" {
		d.turn(statementOf(arguments))
	}
	var answer []byte
	if d.up != nil {
		answer, err = d.ask(method, call)
	} else {
		answer, err = d.recall(method)
	}
	if err != nil {
		return err
	}
	if method == "CloseOperation" {
		d.turn("")
	}
	// The client wants its own number back; the recorded bytes are not ours to change.
	at := 4 + 8 + len(method)
	d.head = append(append(d.head[:0], answer[:at]...), seq...)
	parts := net.Buffers{d.head, answer[at+len(seq):]}
	_, err = parts.WriteTo(d.out)
	return err
}

// turn begins the script of a statement, or returns to the one outside of any.
func (d *dialog) turn(sql string) {
	key := d.driver + "\x00" + sql
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	if d.r.scripts[key] == nil || d.up != nil && sql != "" {
		d.r.scripts[key] = &script{answers: map[string][][]byte{}}
	}
	d.now, d.next = d.r.scripts[key], map[string]int{}
}

// ask passes a call on and keeps the answer. Of the answers about a statement's
// state the last is kept alone: with the bytes prepared, nobody need wait.
func (d *dialog) ask(method string, call []byte) ([]byte, error) {
	if _, err := d.up.Write(call); err != nil {
		return nil, err
	}
	answer, err := readFrame(d.from, nil)
	if err != nil {
		return nil, err
	}
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	if method == "FetchResults" {
		d.now.answers[method] = append(d.now.answers[method], answer)
	} else {
		d.now.answers[method] = [][]byte{answer}
	}
	return answer, nil
}

// recall is the next recorded answer; the last comes again and again.
func (d *dialog) recall(method string) ([]byte, error) {
	answers := d.now.answers[method] // nobody records while somebody replays
	if len(answers) == 0 {
		return nil, fmt.Errorf("no answer to %s was recorded with driver %s", method, d.driver)
	}
	i := min(d.next[method], len(answers)-1)
	d.next[method]++
	return answers[i], nil
}

// readFrame reads a frame with its header, into buf when that is large enough.
func readFrame(r *bufio.Reader, buf []byte) ([]byte, error) {
	head, err := r.Peek(4)
	if err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head))
	if size > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	if cap(buf) < size+4 {
		buf = make([]byte, size+4)
	}
	buf = buf[:size+4]
	_, err = io.ReadFull(r, buf)
	return buf, err
}

// parseCall takes a call of the strict binary protocol apart.
func parseCall(frame []byte) (method string, seq, arguments []byte, err error) {
	if len(frame) >= 12 {
		if n := int(binary.BigEndian.Uint32(frame[8:])); n < 100 && len(frame) >= 16+n {
			return string(frame[12 : 12+n]), frame[12+n : 16+n], frame[16+n:], nil
		}
	}
	return "", nil, nil, errors.New("that is no call")
}

// statementOf finds the text of an ExecuteStatement: field 2 of the request, behind
// the end of the session's handle.
func statementOf(arguments []byte) string {
	_, rest, found := bytes.Cut(arguments, []byte("\x00\x00\x0b\x00\x02"))
	if !found || len(rest) < 4 {
		return ""
	}
	n := int(binary.BigEndian.Uint32(rest))
	return string(rest[4:min(len(rest), 4+n)])
}

// startReplay starts this program again as the replaying server, so that it is
// measured as the gateway is.
func startReplay(ctx context.Context, upstream *target) (*target, error) {
	t, err := startSelf(ctx, "prepared bytes", func(address string) []string {
		return []string{"-replay", address, "-upstream", upstream.address()}
	})
	if err != nil {
		return nil, err
	}
	t.rowsSQL, t.user = upstream.rowsSQL, "replay"
	for range 500 {
		conn, err := net.Dial("tcp", t.address())
		if err == nil {
			return t, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("the replaying server does not listen"), t.stop())
}
