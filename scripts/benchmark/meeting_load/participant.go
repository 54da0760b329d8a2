package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"google.golang.org/protobuf/proto"
)

const (
	protocolVersion = "15"
	patience        = 20 * time.Second
	mostWaiting     = 250 // packets, five seconds: more are not sent as time passes
	held            = 2   // ticks between the first packet's coming and its going: so late the next ones may be
)

// One Opus packet of 20 ms in which nothing is heard.
var silence = []byte{0xf8, 0xff, 0xfe}

// participant is one connection to one meeting, with a microphone that is muted, or sends a packet every 20 ms.
type participant struct {
	socket  *websocket.Conn
	writing sync.Mutex
	peer    *webrtc.PeerConnection
	track   *webrtc.TrackLocalStaticSample
	waiting chan []byte
	late    atomic.Int64              // packets that were not there when they were due, and came later
	ways    []webrtc.ICECandidateInit // to the server, told before its answer
	ready   chan error                // nil when audio can be sent; an error then or later when it cannot
	once    sync.Once
	gone    chan struct{}
}

// enter joins a meeting and publishes a microphone; it returns when audio can be sent.
func enter(address, token string, muted bool) (*participant, error) {
	query := url.Values{"access_token": {token}, "protocol": {protocolVersion}, "sdk": {"go"}, "auto_subscribe": {"0"}}
	socket, _, err := websocket.DefaultDialer.Dial(address+"/rtc?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", err)
	}
	one := &participant{
		socket:  socket,
		waiting: make(chan []byte, mostWaiting),
		ready:   make(chan error, 1),
		gone:    make(chan struct{}),
	}
	go one.listen(muted)
	select {
	case err = <-one.ready:
	case <-time.After(patience):
		err = errors.New("the server did not let anybody in for 20 s")
	}
	if err != nil {
		one.leave()
		return nil, err
	}
	if !muted {
		go one.speak()
	}
	return one, nil
}

// send has 20 ms of Opus sent when its turn comes.
func (one *participant) send(packet []byte) {
	select {
	case one.waiting <- packet:
	default:
		one.tell(errors.New("packets came faster than time passed"))
	}
}

func (one *participant) leave() {
	one.once.Do(func() {
		close(one.gone)
		_ = one.ask(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
		if one.peer != nil {
			_ = one.peer.Close()
		}
		_ = one.socket.Close()
	})
}

func (one *participant) hasLeft() bool {
	select {
	case <-one.gone:
		return true
	default:
		return false
	}
}

// speak sends a packet every 20 ms, as a microphone does though packets come in bursts: silence until the first
// one came, and where the next one is late.
func (one *participant) speak() {
	ticks := time.NewTicker(packetTime)
	defer ticks.Stop()
	due, speech := time.Now(), speech{}
	for {
		select {
		case <-one.gone:
			return
		case now := <-ticks.C:
			for ; !due.After(now); due = due.Add(packetTime) { // more than one where a tick was missed
				packet := speech.next(one.waiting, &one.late)
				if err := one.track.WriteSample(media.Sample{Data: packet, Duration: packetTime}); err != nil {
					one.tell(err)
				}
			}
		}
	}
}

// speech is how far somebody's speech has got.
type speech struct {
	begun   bool
	held    int
	missing int // packets that were due since the last one that came
}

// next returns what is to be sent now.
func (s *speech) next(waiting <-chan []byte, late *atomic.Int64) []byte {
	if !s.begun && len(waiting) > 0 {
		s.begun = s.held == held
		s.held++
	}
	if !s.begun {
		return silence
	}
	select {
	case packet := <-waiting:
		late.Add(int64(s.missing))
		s.missing = 0
		return packet
	default:
		s.missing++
		return silence
	}
}

// listen follows what the server says until the connection ends.
func (one *participant) listen(muted bool) {
	for {
		_, content, err := one.socket.ReadMessage()
		if err != nil {
			one.tell(fmt.Errorf("the server ended the connection: %w", err))
			return
		}
		var said livekit.SignalResponse
		if err = proto.Unmarshal(content, &said); err == nil {
			err = one.follow(&said, muted)
		}
		if err != nil {
			one.tell(err)
		}
	}
}

func (one *participant) follow(said *livekit.SignalResponse, muted bool) error {
	switch message := said.Message.(type) {
	case *livekit.SignalResponse_Join:
		go one.ping(time.Duration(message.Join.PingInterval) * time.Second)
		return one.publish(muted)
	case *livekit.SignalResponse_TrackPublished:
		return one.offer()
	case *livekit.SignalResponse_Answer:
		return one.answered(message.Answer.Sdp)
	case *livekit.SignalResponse_Trickle:
		return one.take(message.Trickle)
	case *livekit.SignalResponse_Leave:
		return fmt.Errorf("the server asks to leave: %v", message.Leave.Reason)
	}
	return nil
}

// publish makes the connection for media, and asks for a place for the microphone.
func (one *participant) publish(muted bool) (err error) {
	if one.peer, err = webrtc.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	if one.track, err = webrtc.NewTrackLocalStaticSample(opus, "microphone", "microphone"); err != nil {
		return err
	}
	if _, err = one.peer.AddTrack(one.track); err != nil {
		return err
	}
	one.peer.OnICECandidate(one.trickle)
	one.peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			one.tell(nil)
		case webrtc.PeerConnectionStateFailed:
			one.tell(errors.New("no way for media to the server"))
		}
	})
	return one.ask(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: one.track.ID(), Name: "microphone", Type: livekit.TrackType_AUDIO,
		Source: livekit.TrackSource_MICROPHONE, Muted: muted,
	}}})
}

func (one *participant) offer() error {
	offer, err := one.peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err = one.peer.SetLocalDescription(offer); err != nil {
		return err
	}
	return one.ask(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: offer.Type.String(), Sdp: offer.SDP},
	}})
}

// trickle tells the server a way to reach this participant.
func (one *participant) trickle(candidate *webrtc.ICECandidate) {
	if candidate == nil {
		return
	}
	content, err := json.Marshal(candidate.ToJSON())
	if err == nil {
		_ = one.ask(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
			Trickle: &livekit.TrickleRequest{CandidateInit: string(content), Target: livekit.SignalTarget_PUBLISHER},
		}})
	}
}

// take takes note of a way to reach the server.
func (one *participant) take(trickle *livekit.TrickleRequest) error {
	if trickle.Target != livekit.SignalTarget_PUBLISHER || one.peer == nil {
		return nil
	}
	var candidate webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(trickle.CandidateInit), &candidate); err != nil {
		return err
	}
	if one.peer.RemoteDescription() == nil {
		one.ways = append(one.ways, candidate)
		return nil
	}
	return one.peer.AddICECandidate(candidate)
}

func (one *participant) answered(sdp string) error {
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
	if err := one.peer.SetRemoteDescription(answer); err != nil {
		return err
	}
	for _, way := range one.ways {
		if err := one.peer.AddICECandidate(way); err != nil {
			return err
		}
	}
	one.ways = nil
	return nil
}

func (one *participant) ping(every time.Duration) {
	ticks := time.NewTicker(max(every, time.Second))
	defer ticks.Stop()
	for {
		select {
		case <-one.gone:
			return
		case <-ticks.C:
			_ = one.ask(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: time.Now().UnixMilli()}})
		}
	}
}

func (one *participant) ask(request *livekit.SignalRequest) error {
	content, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	one.writing.Lock()
	defer one.writing.Unlock()
	return one.socket.WriteMessage(websocket.BinaryMessage, content)
}

// tell tells whoever waits in enter or watches later; what is not taken is enough.
func (one *participant) tell(err error) {
	select {
	case one.ready <- err:
	default:
	}
}
