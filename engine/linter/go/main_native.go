//go:build !wasip1

package main

import (
	"bufio"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			_, _ = os.Stdout.Write(answer(line))
		}
		if err != nil {
			return
		}
	}
}
