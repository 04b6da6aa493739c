package frontend

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Address is where a frontend listens, and which settings say so.
type Address struct {
	// Host is an IP address or a host name of this machine; empty means all of its
	// addresses.
	Host string
	// Port is the TCP port; 0 lets the system choose a free one.
	Port int
	// HostKey and PortKey are the settings' names, for errors that tell what to mend.
	HostKey, PortKey string
}

// String is host:port.
func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// keepAlive finds clients that are gone without a word within two minutes.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}

// listen binds a. The error names the address, the setting and the mend.
func (a Address) listen(ctx context.Context, name string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	l, err := lc.Listen(ctx, "tcp", a.String())
	if err == nil {
		return l, nil
	}
	var dns *net.DNSError
	why, mend := "the address can't be used", "check "+a.HostKey+" and "+a.PortKey
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why, mend = "the port is already in use", "stop what uses it or set "+a.PortKey+" to a free port (0 lets the system choose one)"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		why, mend = "this user may not use the port", "set "+a.PortKey+" to a port above 1023"
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		why, mend = "the host is no address of this machine", "set "+a.HostKey+" to one, or to 127.0.0.1 or 0.0.0.0"
	}
	return nil, sqlerr.Wrap(err, sqlerr.Unavailable, "%s can't listen on %s: %s; %s", name, a, why, mend)
}
