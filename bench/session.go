package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// openSession logs in by SASL PLAIN, opens a session and hangs up, which ends it.
// The bytes are written by hand, so that a start is measured to the millisecond
// and not to the start of a client.
func openSession(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	sasl := func(status byte, payload string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{status}, uint32(len(payload))), payload...)
	}
	if _, err := conn.Write(append(sasl(1, "PLAIN"), sasl(2, "\x00bench\x00bench")...)); err != nil {
		return err
	}
	answer := make([]byte, 5)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if answer[0] != 5 {
		return fmt.Errorf("the login was answered with status %d", answer[0])
	}

	// OpenSession(req = {client_protocol = V8, configuration = {}}), in TBinaryProtocol.
	call := []byte("\x80\x01\x00\x01\x00\x00\x00\x0bOpenSession\x00\x00\x00\x01" +
		"\x0c\x00\x01" + "\x08\x00\x01\x00\x00\x00\x07" + "\x00" + "\x00")
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(call))), call...)); err != nil {
		return err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head)
	if size > 1<<20 {
		return fmt.Errorf("an answer of %d bytes", size)
	}
	reply := make([]byte, size)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return err
	}
	// A reply whose struct begins with success = {status = {statusCode = 0 ...
	if !bytes.Contains(reply, []byte("\x0c\x00\x00\x0c\x00\x01\x08\x00\x01\x00\x00\x00\x00")) {
		return errors.New("the session was refused")
	}
	return nil
}
