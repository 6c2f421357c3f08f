//go:build wasip1

package main

import "unsafe"

func main() {}

// The request and the answer under way. The host may touch them until its next call.
var requestBytes, answerBytes []byte

// allocate gives the host room to write a request of that many bytes into.
//
//go:wasmexport allocate
func allocate(size uint32) unsafe.Pointer {
	requestBytes = make([]byte, size)
	return unsafe.Pointer(unsafe.SliceData(requestBytes))
}

// handle answers the request that was written: the answer's address in the upper, its length in the lower half.
//
//go:wasmexport handle
func handle() uint64 {
	answerBytes = answer(requestBytes)
	requestBytes = nil
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(answerBytes))))<<32 | uint64(len(answerBytes))
}
