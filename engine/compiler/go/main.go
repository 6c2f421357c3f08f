// The policy compiler: OPA's own parser, checker, compiler, tester and formatter behind one function that takes a
// request in JSON and answers in JSON. Built for WebAssembly (GOOS=wasip1) as a reactor: the host calls `_initialize`
// once and `handle` as often as it likes, so that what OPA sets up at start-up is paid for once.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"unsafe"

	"github.com/open-policy-agent/opa/v1/util"
)

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

// operation names one thing that can be asked for.
type operation func(request) (any, []diagnostic)

var operations = map[string]operation{
	"check":    check,
	"build":    build,
	"builtins": listBuiltins,
	"evaluate": evaluate,
	"plain":    compilePlain,
	"exercise": exercise,
	"test":     test,
	"format":   formatModules,
	"inspect":  inspect,
	"archive":  packArchive,
	"explain":  explain,
}

// answer never fails: whatever goes wrong comes back as a diagnostic, and the instance stays usable.
func answer(raw []byte) []byte {
	result, diagnostics := dispatch(raw)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{"result": result, "diagnostics": nonNil(diagnostics)}); err != nil {
		out.Reset()
		_ = encoder.Encode(map[string]any{"result": nil, "diagnostics": []diagnostic{failure(err)}})
	}
	return out.Bytes()
}

func dispatch(raw []byte) (result any, diagnostics []diagnostic) {
	defer func() {
		if cause := recover(); cause != nil {
			result = nil
			diagnostics = []diagnostic{{Severity: "error", Code: "compiler_panic", Message: fmt.Sprint(cause), Help: string(debug.Stack())}}
		}
	}()
	var req request
	if err := util.NewJSONDecoder(bytes.NewReader(raw)).Decode(&req); err != nil {
		return nil, []diagnostic{failure(fmt.Errorf("the request is not JSON: %w", err))}
	}
	run, ok := operations[req.Operation]
	if !ok {
		return nil, []diagnostic{failure(fmt.Errorf("there is no operation %q", req.Operation))}
	}
	return run(req)
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
