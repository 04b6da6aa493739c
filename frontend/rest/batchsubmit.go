package rest

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The parts of a submission with files; all others are extra files, by their names.
const (
	requestPart  = "batchRequest"
	resourcePart = "resourceFile"
)

func (l batchList) submit(c *APIRequestContext) error {
	batches, err := l.batches()
	if err != nil {
		return err
	}
	if mediaType, params, err := mime.ParseMediaType(c.request.Header.Get("Content-Type")); err == nil && mediaType == "multipart/form-data" {
		if err := checkEncoding(c.request.Header); err != nil {
			return err
		}
		return l.submitFiles(c, batches, params["boundary"])
	}
	var body api.BatchRequest
	if err := l.decode(c, &body); err != nil {
		return err
	}
	req, err := l.batchRequest(c, &body, false)
	if err != nil {
		return err
	}
	b, err := batches.Submit(c.context(), req, nil)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, batchData(&b))
}

// batchRequest is the request as the batch rule has it, for the user whom it names.
func (l batchList) batchRequest(c *APIRequestContext, body *api.BatchRequest, uploaded bool) (batch.Request, error) {
	user, err := actingUser(c.caller, body.Conf)
	return batch.Request{
		User: user, RealUser: c.caller.User, ClientAddress: c.client, ServerAddress: c.serverAddress(),
		Type: body.BatchType, Resource: body.Resource, ClassName: body.ClassName, Name: body.Name,
		Conf: body.Conf, Args: body.Args, Extra: body.ExtraResourcesMap, Uploaded: uploaded,
	}, err
}

// submitFiles reads a form part by part, and files straight onto the disk. The
// parts may come in any order; when the request comes first, nothing is written for
// one that is refused or known.
func (l batchList) submitFiles(c *APIRequestContext, batches Batches, boundary string) error {
	if boundary == "" {
		return sqlerr.New(sqlerr.Invalid, "multipart/form-data needs a boundary")
	}
	s := submission{
		batchList: l, c: c, batches: batches, files: batches.NewUpload(),
		parts: multipart.NewReader(c.request.Body, boundary),
	}
	defer s.files.Discard()
	b, err := s.serve()
	s.drain(err)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, batchData(&b))
}

// submission is one form that is being read.
type submission struct {
	batchList

	c       *APIRequestContext
	batches Batches
	files   *batch.Upload
	parts   *multipart.Reader
	request *batch.Request // nil until its part has come
}

// serve reads the form, unless the answer is known before its end.
func (s *submission) serve() (batch.Info, error) {
	for first := true; ; first = false {
		part, err := s.parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return batch.Info{}, sqlerr.Wrap(err, sqlerr.Invalid, "the body could not be read to its end, or is no multipart/form-data")
		}
		if err := s.receive(part); err != nil {
			return batch.Info{}, err
		}
		if first && s.request != nil {
			if b, err := s.batches.Check(s.c.context(), *s.request); err != nil || b.Duplicated {
				return b, err
			}
		}
	}
	if s.request == nil {
		return batch.Info{}, sqlerr.New(sqlerr.Invalid, "the part %s is missing: it has the request as JSON", requestPart)
	}
	return s.batches.Submit(s.c.context(), *s.request, s.files)
}

// receive takes one part.
func (s *submission) receive(part *multipart.Part) error {
	name := part.FormName()
	switch name {
	case "":
		return sqlerr.New(sqlerr.Invalid, "a part of the form has no name")
	case requestPart:
		return s.readRequest(part)
	case resourcePart:
		file := part.FileName()
		if file == "" {
			return sqlerr.New(sqlerr.Invalid, "the part %s needs a filename", resourcePart)
		}
		return s.files.Receive(s.c.context(), file, true, part)
	default: // clients name the part like the file
		return s.files.Receive(s.c.context(), name, false, part)
	}
}

func (s *submission) readRequest(part *multipart.Part) error {
	if s.request != nil {
		return sqlerr.New(sqlerr.Invalid, "the part %s is there twice", requestPart)
	}
	if err := checkMediaType(http.Header{"Content-Type": part.Header["Content-Type"]}); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(part, s.MaxBodyBytes+1))
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the body could not be read to its end")
	}
	if int64(len(text)) > s.MaxBodyBytes {
		return sqlerr.New(sqlerr.TooLarge, "the part %s is larger than %d bytes", requestPart, s.MaxBodyBytes)
	}
	var body api.BatchRequest
	if err := decodeObject(text, &body); err != nil {
		return err
	}
	req, err := s.batchRequest(s.c, &body, true)
	s.request = &req
	return err
}

// drain reads what is left of the body: many clients send all of it before they
// look for the answer, and would find a cut connection.
func (s *submission) drain(err error) {
	most := int64(4 << 30)
	if err != nil {
		most = 1 << 30
	}
	_, _ = io.CopyN(io.Discard, s.c.request.Body, most) // its end, or whatever is wrong with it
}
