package metadata

import (
	"context"
	"errors"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Hold makes owner the one that does a duty, such as cleaning, until the term is
// over, or prolongs it. It reports false while another one has it.
func (s *Store) Hold(ctx context.Context, duty, owner string, term time.Duration) (bool, error) {
	const what = "the duty can't be taken"
	n, err := s.exec(ctx, what, "UPDATE nekomata_duty SET owner = ?, expires = "+s.dialect.now+" + ? WHERE name = ? AND (owner = ? OR expires < "+s.dialect.now+")",
		owner, term.Milliseconds(), duty, owner)
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = s.exec(ctx, what, "INSERT INTO nekomata_duty (name, owner, expires) VALUES (?, ?, "+s.dialect.now+" + ?)",
		duty, owner, term.Milliseconds())
	if errors.Is(err, sqlerr.Exists) {
		return false, nil
	}
	return err == nil, err
}
