package openclaw

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// partSize is the bytes of a part, and the most that goes by one form: API Gateway lets 6 MB through, encoded.
const partSize = 4 << 20

// partsAtOnce is how many parts are on their way at once.
const partsAtOnce = 4

// FileParams say what a file is for.
type FileParams struct {
	Purpose string
	// ExpiresAfter deletes it so many seconds after it was made; 0 keeps it.
	ExpiresAfter int64
}

// Upload uploads a file; it is uploaded then, and Wait waits until it is read. A small one goes by one form, a larger
// one in parts, so that it passes whatever a platform lets through. content is read to its end, and where it is no
// [io.ReadSeeker], held in memory.
func (r *FilesService) Upload(
	ctx context.Context, filename string, content io.Reader, params FileParams, opts ...Option,
) (*FileObject, error) {
	source, ok := content.(io.ReadSeeker)
	if !ok {
		data, err := io.ReadAll(content)
		if err != nil {
			return nil, newError(ErrClient, err, "the file cannot be read: %v", err)
		}
		source = bytes.NewReader(data)
	}
	size, err := source.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, newError(ErrClient, err, "the file cannot be read: %v", err)
	}
	parts := &partReader{source: source}
	if size > partSize {
		return r.uploadParts(ctx, filename, parts, size, params, opts)
	}
	data, err := parts.read(0)
	if err != nil {
		return nil, err
	}
	fields := [][2]string{{"purpose", params.Purpose}}
	if params.ExpiresAfter > 0 {
		fields = append(fields, [2]string{"expires_after[anchor]", "created_at"},
			[2]string{"expires_after[seconds]", fmt.Sprint(params.ExpiresAfter)})
	}
	return get[FileObject](ctx, r.transport, http.MethodPost, "/files", newForm(fields, "file", filename, data), opts)
}

// Content gives the file's bytes. Whoever gets them closes them. A Range header takes a part of them.
func (r *FilesService) Content(ctx context.Context, id string, opts ...Option) (io.ReadCloser, error) {
	c := call{http.MethodGet, "/files/" + segment(id) + "/content", nil, "*/*", r.transport.options.with(opts)}
	x, _, err := r.transport.do(ctx, c, false)
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Text gives what was read out of it.
func (r *FilesService) Text(ctx context.Context, id string, opts ...Option) (string, error) {
	c := call{http.MethodGet, "/files/" + segment(id) + "/text", nil, "*/*", r.transport.options.with(opts)}
	_, data, err := r.transport.do(ctx, c, true)
	return string(data), err
}

// Wait asks until the file is processed; one that failed is an error that says why. The context bounds how long.
func (r *FilesService) Wait(ctx context.Context, id string, opts ...Option) (*FileObject, error) {
	return until(ctx, func() (*FileObject, bool, error) {
		file, err := r.Get(ctx, id, opts...)
		if err != nil {
			return nil, false, err
		}
		if file.Status == "failed" {
			return nil, false, newError(ErrClient, nil, "the file %s was not processed: %s", id, file.Error)
		}
		return file, file.Status == "processed", nil
	})
}

func (r *FilesService) uploadParts(
	ctx context.Context, filename string, source *partReader, size int64, params FileParams, opts []Option,
) (*FileObject, error) {
	// A key names one request, and these are several. The caller's Response is that of the last one.
	key := r.transport.options.with(opts).idempotencyKey
	keyed := func(name string) []Option {
		if key == "" {
			return opts
		}
		return append(opts[:len(opts):len(opts)], WithIdempotencyKey(key+"-"+name))
	}
	uploads := &UploadsService{r.transport}
	create := CreateUpload{Filename: filename, Purpose: params.Purpose, Bytes: size, MimeType: "application/octet-stream"}
	if params.ExpiresAfter > 0 {
		create.ExpiresAfter = &ExpiresAfter{Anchor: "created_at", Seconds: params.ExpiresAfter}
	}
	upload, err := uploads.Create(ctx, create, keyed("create")...)
	if err != nil {
		return nil, err
	}
	done, err := r.sendParts(ctx, upload.ID, source, int((size+partSize-1)/partSize), keyed)
	if err != nil {
		// It would expire by itself; until then its bytes count as storage.
		_, _ = uploads.Cancel(context.WithoutCancel(ctx), upload.ID, WithMaxRetries(0))
		return nil, err
	}
	return done.File, nil
}

// sendParts sends the parts side by side. After a failure nothing more begins, and what has begun ends first.
func (r *FilesService) sendParts(
	ctx context.Context, id string, source *partReader, count int, keyed func(string) []Option,
) (*Upload, error) {
	ids := make([]string, count)
	var (
		work   sync.WaitGroup
		lock   sync.Mutex
		next   int
		failed error
	)
	take := func() (int, bool) {
		lock.Lock()
		defer lock.Unlock()
		next++
		return next - 1, next <= count && failed == nil
	}
	for range min(partsAtOnce, count) {
		work.Add(1)
		go func() {
			defer work.Done()
			for n, ok := take(); ok; n, ok = take() {
				part, err := r.sendPart(ctx, id, source, n, keyed(fmt.Sprint(n)))
				lock.Lock()
				if err != nil && failed == nil {
					failed = err
				} else if err == nil {
					ids[n] = part.ID
				}
				lock.Unlock()
			}
		}()
	}
	work.Wait()
	if failed != nil {
		return nil, failed
	}
	return (&UploadsService{r.transport}).Complete(ctx, id, CompleteUpload{PartIds: ids}, keyed("complete")...)
}

func (r *FilesService) sendPart(
	ctx context.Context, id string, source *partReader, n int, opts []Option,
) (*UploadPart, error) {
	data, err := source.read(n)
	if err != nil {
		return nil, err
	}
	path := "/uploads/" + segment(id) + "/parts"
	opts = append(opts[:len(opts):len(opts)], WithResponse(nil)) // Parts are sent side by side.
	return get[UploadPart](ctx, r.transport, http.MethodPost, path, newForm(nil, "data", "part", data), opts)
}

// partReader reads a file part by part, each as often as it takes.
type partReader struct {
	lock   sync.Mutex
	source io.ReadSeeker
}

func (p *partReader) read(n int) ([]byte, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if _, err := p.source.Seek(int64(n)*partSize, io.SeekStart); err != nil {
		return nil, newError(ErrClient, err, "the file cannot be read: %v", err)
	}
	data, err := io.ReadAll(io.LimitReader(p.source, partSize))
	if err != nil {
		return nil, newError(ErrClient, err, "the file cannot be read: %v", err)
	}
	return data, nil
}

// newForm is a form with one file (RFC 7578, with names encoded as browsers do).
func newForm(fields [][2]string, name, filename string, content []byte) *form {
	boundary := randomHex()
	var body bytes.Buffer
	for _, field := range fields {
		fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, field[0], field[1])
	}
	escaped := strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace(filename)
	fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n", boundary, name, escaped)
	body.WriteString("Content-Type: application/octet-stream\r\n\r\n")
	body.Write(content)
	fmt.Fprintf(&body, "\r\n--%s--\r\n", boundary)
	return &form{body.Bytes(), "multipart/form-data; boundary=" + boundary}
}
