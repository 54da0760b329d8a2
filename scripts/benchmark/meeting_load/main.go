// Participants of LiveKit meetings that cost next to nothing: they send Opus packets that were made elsewhere.
//
// Reads a JSON object from each line of standard input and answers on standard output:
//
//	{"join": "ana", "url": "ws://…", "token": "…", "muted": false}   → {"joined": "ana"}
//	{"send": "ana", "packet": "…base64, 20 ms…"}
//	{"leave": "ana"}                                                 → {"left": "ana", "late": 0}
//
// What cannot be done, or goes on no longer, is answered with {"failed": "ana", "why": "…"}. The token must not allow
// to subscribe: such participants have one connection, to the server. Whoever is not muted sends a packet every 20 ms,
// silence where there is no other; "late" counts those that came after their time.
package main

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

const packetTime = 20 * time.Millisecond

type command struct {
	Join   string `json:"join"`
	URL    string `json:"url"`
	Token  string `json:"token"`
	Muted  bool   `json:"muted"`
	Send   string `json:"send"`
	Packet []byte `json:"packet"`
	Leave  string `json:"leave"`
}

type answer struct {
	Joined string `json:"joined,omitempty"`
	Left   string `json:"left,omitempty"`
	Late   int64  `json:"late,omitempty"`
	Failed string `json:"failed,omitempty"`
	Why    string `json:"why,omitempty"`
}

// load holds everybody who is in a meeting.
type load struct {
	lock    sync.Mutex
	people  map[string]*participant
	answers *json.Encoder
}

func main() {
	all := &load{people: map[string]*participant{}, answers: json.NewEncoder(os.Stdout)}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(lines)
	for {
		var next command
		if decoder.Decode(&next) != nil {
			break // whoever started this program is gone
		}
		all.do(next)
	}
	for _, name := range all.names() {
		all.leave(name)
	}
}

func (all *load) do(next command) {
	switch {
	case next.Join != "":
		go all.join(next)
	case next.Send != "":
		if one := all.find(next.Send); one != nil {
			one.send(next.Packet)
		}
	case next.Leave != "":
		all.leave(next.Leave)
	}
}

func (all *load) join(wanted command) {
	one, err := enter(wanted.URL, wanted.Token, wanted.Muted)
	if err != nil {
		all.answer(answer{Failed: wanted.Join, Why: err.Error()})
		return
	}
	all.lock.Lock()
	all.people[wanted.Join] = one
	all.lock.Unlock()
	all.answer(answer{Joined: wanted.Join})
	go all.watch(wanted.Join, one)
}

// watch tells when somebody who has joined is in the meeting no longer.
func (all *load) watch(name string, one *participant) {
	for {
		select {
		case <-one.gone:
			return
		case err := <-one.ready:
			if err != nil && !one.hasLeft() {
				all.answer(answer{Failed: name, Why: err.Error()})
				return
			}
		}
	}
}

func (all *load) leave(name string) {
	one := all.find(name)
	if one == nil {
		return
	}
	one.leave()
	all.lock.Lock()
	delete(all.people, name)
	all.lock.Unlock()
	all.answer(answer{Left: name, Late: one.late.Load()})
}

func (all *load) names() []string {
	all.lock.Lock()
	defer all.lock.Unlock()
	return slices.Collect(maps.Keys(all.people))
}

func (all *load) find(name string) *participant {
	all.lock.Lock()
	defer all.lock.Unlock()
	return all.people[name]
}

func (all *load) answer(what answer) {
	all.lock.Lock()
	defer all.lock.Unlock()
	_ = all.answers.Encode(what)
}
