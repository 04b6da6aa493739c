package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a program on a pseudo-terminal, where Ctrl-C is a key.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	screen *os.File
	exited chan error
	mu     sync.Mutex
	seen   bytes.Buffer // since the last match
	all    bytes.Buffer
	grown  chan struct{}
}

// startOnTerminal starts a program as the leader of a session with a terminal of its
// own; it's killed when the test ends.
func startOnTerminal(t *testing.T, argv ...string) *terminal {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	require.NoError(t, unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}))
	keyboard, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)

	term := &terminal{t: t, screen: screen, exited: make(chan error, 1), grown: make(chan struct{}, 1)}
	term.cmd = exec.Command(argv[0], argv[1:]...)
	term.cmd.Stdin, term.cmd.Stdout, term.cmd.Stderr = keyboard, keyboard, keyboard
	term.cmd.Env = append(os.Environ(), "TERM=dumb", "HOME="+t.TempDir())
	term.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, term.cmd.Start())
	require.NoError(t, keyboard.Close())
	go term.read()
	go func() { term.exited <- term.cmd.Wait() }()
	t.Cleanup(func() {
		_ = term.cmd.Process.Kill()
		_ = screen.Close()
	})
	return term
}

func (term *terminal) read() {
	buffer := make([]byte, 4096)
	for {
		n, err := term.screen.Read(buffer)
		term.mu.Lock()
		term.seen.Write(buffer[:n])
		term.all.Write(buffer[:n])
		term.mu.Unlock()
		select {
		case term.grown <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// send types.
func (term *terminal) send(keys string) {
	term.t.Helper()
	_, err := term.screen.WriteString(keys)
	require.NoError(term.t, err)
}

// expect waits for text after the last match; all that came so far is then used up.
func (term *terminal) expect(pattern, what string) {
	term.t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(time.Minute)
	for {
		term.mu.Lock()
		found := re.Match(term.seen.Bytes())
		if found {
			term.seen.Reset()
		}
		term.mu.Unlock()
		if found {
			return
		}
		select {
		case <-term.grown:
		case <-deadline:
			term.t.Fatalf("no sign of %s (%s) on the screen:\n%s", what, pattern, term.text())
		}
	}
}

// wait waits for the program's end, which must be a good one.
func (term *terminal) wait() {
	term.t.Helper()
	select {
	case err := <-term.exited:
		require.NoError(term.t, err, term.text())
	case <-time.After(time.Minute):
		term.t.Fatalf("the program didn't end:\n%s", term.text())
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.all.String()
}
