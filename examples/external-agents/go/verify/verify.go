// Verifies a Standard Webhooks signature: the body on stdin, id, timestamp and signatures as arguments.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("AGENT_SECRET"), "whsec_"))
	body, _ := io.ReadAll(os.Stdin)
	id, stamp, signatures := os.Args[1], os.Args[2], os.Args[3]
	sent, err := strconv.ParseInt(stamp, 10, 64)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, each := range strings.Fields(signatures) {
		if err == nil && time.Since(time.Unix(sent, 0)).Abs() <= 5*time.Minute && hmac.Equal([]byte(each), []byte(wanted)) {
			return
		}
	}
	os.Exit(1)
}
