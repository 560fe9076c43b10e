package openclaw

import (
	"bytes"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// maxEvent is the most that one event may hold, in bytes.
const maxEvent = 10 << 20

// event is a server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html
type event struct {
	data string
	// id is the last one that the stream gave, which it may have given with an earlier event.
	id string
}

// eventDecoder takes bytes as they come, however they are cut, and gives events.
type eventDecoder struct {
	started, afterCR, hasData bool
	line, data                []byte
	id                        string
	ready                     []event
}

func (d *eventDecoder) push(piece []byte) error {
	for len(piece) > 0 {
		if d.afterCR && piece[0] == '\n' {
			piece = piece[1:]
		}
		d.afterCR = false
		end := bytes.IndexAny(piece, "\r\n")
		if end < 0 {
			d.line = append(d.line, piece...)
			return d.bound()
		}
		d.line = append(d.line, piece[:end]...)
		d.afterCR = piece[end] == '\r'
		piece = piece[end+1:]
		if err := d.endLine(); err != nil {
			return err
		}
		if len(piece) == 0 {
			break
		}
	}
	return nil
}

// end gives what the end leaves: an event without its blank line counts.
func (d *eventDecoder) end() error {
	if len(d.line) > 0 {
		if err := d.endLine(); err != nil {
			return err
		}
	}
	d.dispatch()
	return nil
}

func (d *eventDecoder) endLine() error {
	if !d.started {
		d.started = true
		d.line = bytes.TrimPrefix(d.line, []byte("\xef\xbb\xbf"))
	}
	line := d.line
	d.line = d.line[:0]
	if len(line) == 0 {
		d.dispatch()
		return nil
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if d.hasData {
			d.data = append(d.data, '\n')
		}
		d.hasData = true
		d.data = append(d.data, value...)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			d.id = string(value)
		}
	}
	return d.bound()
}

func (d *eventDecoder) dispatch() {
	if d.hasData {
		data := string(d.data)
		if !utf8.ValidString(data) {
			data = strings.ToValidUTF8(data, "\uFFFD")
		}
		d.ready = append(d.ready, event{data: data, id: d.id})
	}
	d.data, d.hasData = d.data[:0], false
}

func (d *eventDecoder) bound() error {
	if len(d.data)+len(d.line) > maxEvent {
		return newError(ErrClient, nil, "an event is larger than 10 MiB")
	}
	return nil
}

// events reads an answer's events to its end, and closes it.
func events(x *exchange) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		defer x.Close()
		decoder := eventDecoder{}
		piece := make([]byte, 16<<10)
		for {
			n, err := x.Read(piece)
			failure := decoder.push(piece[:n])
			if err == io.EOF && failure == nil {
				failure = decoder.end()
			}
			for _, event := range decoder.ready {
				if !yield(event, nil) {
					return
				}
			}
			decoder.ready = decoder.ready[:0]
			switch {
			case failure != nil:
				yield(event{}, failure)
				return
			case err == io.EOF:
				return
			case err != nil:
				yield(event{}, err)
				return
			}
		}
	}
}
