package main

import (
	"bytes"
	"context"
	_ "embed"
	"sync"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/pkg/oggreader"
	"github.com/pion/webrtc/v4/pkg/media"
)

// A short tone, Opus in Ogg: the voice of this example. Put your own speech here.
//
//go:embed chime.ogg
var chime []byte

// silence is 20 ms of it, as Opus.
var silence = media.Sample{Data: []byte{0xf8, 0xff, 0xfe}, Duration: 20 * time.Millisecond}

// Voice is what the agent says: silence, and the chime whenever it is asked for.
type Voice struct {
	lksdk.BaseSampleProvider
	mutex sync.Mutex
	rest  *oggreader.OggReader
}

// Chime begins the chime anew.
func (v *Voice) Chime() error {
	reader, _, err := oggreader.NewOggReader(bytes.NewReader(chime))
	if err != nil {
		return err
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.rest = reader
	return nil
}

// NextSample is the next piece of it.
func (v *Voice) NextSample(context.Context) (media.Sample, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.rest == nil {
		return silence, nil
	}
	data, err := v.rest.ReadPacket()
	if err != nil { // its end
		v.rest = nil
		return silence, nil
	}
	duration, err := oggreader.ParsePacketDuration(data)
	return media.Sample{Data: data, Duration: duration}, err
}
