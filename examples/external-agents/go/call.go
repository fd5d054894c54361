package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
)

// talk is in the room until the last caller has left, or the job is cancelled.
func talk(ctx context.Context, job Message) error {
	left, heard := make(chan struct{}, 1), make(chan struct{}, 1)
	callback := &lksdk.RoomCallback{
		OnDisconnected:            func() { tell(left) },
		OnParticipantDisconnected: func(*lksdk.RemoteParticipant) { tell(left) },
		// the first chime waits until somebody can hear it
		OnLocalTrackSubscribed: func(*lksdk.LocalTrackPublication, *lksdk.LocalParticipant) { tell(heard) },
		ParticipantCallback: lksdk.ParticipantCallback{
			// LiveKit's server says who speaks: when a caller has become quiet, answer
			OnIsSpeakingChanged: func(who lksdk.Participant) {
				if who.Identity() != job.Identity && !who.IsSpeaking() {
					tell(heard)
				}
			},
		},
	}
	room, err := lksdk.ConnectToRoomWithToken(job.ServerURL, job.AccessToken, callback)
	if err != nil {
		return err
	}
	defer room.Disconnect()
	voice := &Voice{}
	if err := speakUp(room, voice); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-left:
			if len(room.GetRemoteParticipants()) == 0 {
				return nil
			}
		case <-heard:
			if err := voice.Chime(); err != nil {
				return err
			}
		}
	}
}

// speakUp publishes a voice, which is silent until it is asked for a chime.
func speakUp(room *lksdk.Room, voice *Voice) error {
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2}
	track, err := lksdk.NewLocalSampleTrack(codec)
	if err != nil {
		return err
	}
	track.OnBind(func() {
		if err := track.StartWrite(voice, nil); err != nil {
			log.Printf("no voice: %v", err)
		}
	})
	options := &lksdk.TrackPublicationOptions{Name: "voice", Source: livekit.TrackSource_MICROPHONE}
	_, err = room.LocalParticipant.PublishTrack(track, options)
	return err
}

// tell says that something has happened, to whom looks when it can.
func tell(news chan<- struct{}) {
	select {
	case news <- struct{}{}:
	default:
	}
}

// report tells lkrun how the job goes; a call does not fail because that could not be told.
func report(job Message, status map[string]string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	body, _ := json.Marshal(status)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, job.StatusURL, bytes.NewReader(body))
	if err != nil {
		log.Printf("%s: the status could not be told: %v", job.JobID, err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+job.StatusToken)
	request.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Printf("%s: the status could not be told: %v", job.JobID, err)
		return
	}
	_ = reply.Body.Close()
	log.Printf("%s: %s told, %d", job.JobID, status["status"], reply.StatusCode)
}
