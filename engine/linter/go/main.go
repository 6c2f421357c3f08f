// The policy linter: Regal behind one function that takes a request in JSON and answers in JSON. Built for WebAssembly
// (GOOS=wasip1) as a reactor: the host calls `_initialize` once and `handle` as often as it likes. Built for any other
// system it answers the requests on its standard input, one in each line: the reference that tests compare with.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime/debug"
)

// operation names one thing that can be asked for.
type operation func(request) (any, error)

var operations map[string]operation

func init() {
	operations = map[string]operation{
		"prepare":   prepare,
		"lint":      lint,
		"aggregate": aggregate,
		"rules":     listRules,
		"test":      test,
	}
}

// answer never fails: whatever goes wrong comes back as an error, and the instance stays usable.
func answer(raw []byte) []byte {
	result, failure := dispatch(raw)
	reply := map[string]any{"result": result}
	if failure != nil {
		reply = map[string]any{"error": failure}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(reply); err != nil {
		out.Reset()
		_ = encoder.Encode(map[string]any{"error": asFailure(err)})
	}
	return out.Bytes()
}

// failure is why there is no result. A kind of "config" or "rules" is the user's to mend; "panic" and "failed" are ours.
type failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
}

func (f *failure) Error() string { return f.Message }

func asFailure(err error) *failure {
	if known, ok := err.(*failure); ok {
		return known
	}
	return &failure{Kind: "failed", Message: err.Error()}
}

func dispatch(raw []byte) (result any, problem *failure) {
	defer func() {
		if cause := recover(); cause != nil {
			result = nil
			problem = &failure{Kind: "panic", Message: fmt.Sprint(cause), Detail: string(debug.Stack())}
		}
	}()
	var req request
	if err := json.Unmarshal(raw, &req); err != nil {
		return nil, asFailure(fmt.Errorf("the request is not JSON: %w", err))
	}
	if req.Operation != "prepare" {
		grow()
	}
	run, ok := operations[req.Operation]
	if !ok {
		return nil, asFailure(fmt.Errorf("there is no operation %q", req.Operation))
	}
	result, err := run(req)
	if err != nil {
		return nil, asFailure(err)
	}
	return result, nil
}
