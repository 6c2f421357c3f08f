// OPA's own rare builtins: those whose exact meaning is a library of Go's (GraphQL, JSON Schema, X.509, templates), behind
// one function that takes a call in JSON and answers in JSON. Built for WebAssembly (GOOS=wasip1) as a reactor and frozen
// after it has set itself up; the host meters every step, so that no operand can keep it busy.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"unsafe"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

func main() {}

// The call and the answer under way. The host may touch them until its next call.
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

type call struct {
	Name string `json:"name"`
	// Each operand as text, in JSON or, where JSON has no word for it (sets), in Rego.
	Operands []operand `json:"operands"`
	// Nanoseconds since the epoch, as text: JSON's readers lose digits.
	Now json.Number `json:"now"`
}

type operand struct {
	JSON string `json:"json"`
	Rego string `json:"rego"`
}

// result is a value, an error with which OPA's builtin answered, or a fault of the program; none of them where the call
// has no value.
type result struct {
	value ast.Value
	err   string
	fault string
}

// answer writes the text form of values that the host reads (value-text.ts): JSON, with sets as {1,2} and set().
func answer(raw []byte) []byte {
	out := run(raw)
	var text bytes.Buffer
	switch {
	case out.fault != "":
		text.WriteString(`{"fault":`)
		writeValue(&text, ast.String(out.fault))
	case out.err != "":
		text.WriteString(`{"error":`)
		writeValue(&text, ast.String(out.err))
	case out.value != nil:
		text.WriteString(`{"value":`)
		writeValue(&text, out.value)
	default:
		text.WriteString(`{"undefined":true`)
	}
	text.WriteByte('}')
	return text.Bytes()
}

func writeValue(out *bytes.Buffer, value ast.Value) {
	switch value := value.(type) {
	case *ast.Array:
		out.WriteByte('[')
		for i := range value.Len() {
			separate(out, i)
			writeValue(out, value.Elem(i).Value)
		}
		out.WriteByte(']')
	case ast.Set:
		if value.Len() == 0 {
			out.WriteString("set()")
			return
		}
		out.WriteByte('{')
		for i, item := range value.Slice() {
			separate(out, i)
			writeValue(out, item.Value)
		}
		out.WriteByte('}')
	case ast.Object:
		out.WriteByte('{')
		for i, key := range value.Keys() {
			separate(out, i)
			writeValue(out, key.Value)
			out.WriteByte(':')
			writeValue(out, value.Get(key).Value)
		}
		out.WriteByte('}')
	default:
		scalar, err := ast.JSON(value)
		if err != nil {
			panic(err)
		}
		text, err := json.Marshal(scalar)
		if err != nil {
			panic(err)
		}
		out.Write(text)
	}
}

func separate(out *bytes.Buffer, position int) {
	if position > 0 {
		out.WriteByte(',')
	}
}

func run(raw []byte) (out result) {
	defer func() {
		if cause := recover(); cause != nil {
			out = result{fault: fmt.Sprint(cause)}
		}
	}()
	var req call
	if err := util.NewJSONDecoder(bytes.NewReader(raw)).Decode(&req); err != nil {
		return result{fault: err.Error()}
	}
	if req.Name == "" {
		return prepare()
	}
	return req.run()
}

func (req call) run() (out result) {
	builtin := topdown.GetBuiltin(req.Name)
	if builtin == nil {
		return result{fault: "OPA has no builtin " + req.Name}
	}
	operands := make([]*ast.Term, 0, len(req.Operands))
	for _, one := range req.Operands {
		term, err := one.term()
		if err != nil {
			return result{fault: err.Error()}
		}
		operands = append(operands, term)
	}
	bctx := topdown.BuiltinContext{
		Context: context.Background(),
		Time:    ast.NumberTerm(req.Now),
		Cancel:  topdown.NewCancel(),
		// A schema's `$ref` must not make anybody ask the network. Nil would mean any host.
		Capabilities: &ast.Capabilities{AllowNet: []string{}},
	}
	err := builtin(bctx, operands, func(term *ast.Term) error {
		out = result{value: term.Value}
		return nil
	})
	if err != nil {
		return result{err: err.Error()}
	}
	return out
}

func (o operand) term() (*ast.Term, error) {
	if o.Rego != "" {
		return ast.ParseTerm(o.Rego)
	}
	value, err := ast.ValueFromReader(strings.NewReader(o.JSON))
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

// samples touch what is set up when it is first used.
var samples = []call{
	{Name: "graphql.parse_query", Operands: []operand{{JSON: `"{ a }"`}}},
	{Name: "graphql.is_valid", Operands: []operand{{JSON: `"{ a }"`}, {JSON: `"type Query { a: String }"`}}},
	{Name: "json.match_schema", Operands: []operand{{JSON: `{"a": 1}`}, {JSON: `{"properties": {"a": {"type": "string"}}}`}}},
	{Name: "io.jwt.decode", Operands: []operand{{JSON: `"e30.e30.e30"`}}},
	{Name: "io.jwt.verify_rs256", Operands: []operand{{JSON: `"e30.e30.e30"`}, {JSON: `"{\"keys\": []}"`}}},
	{Name: "strings.render_template", Operands: []operand{{JSON: `"{{.a}}"`}, {JSON: `{"a": 1}`}}},
	{Name: "yaml.marshal", Operands: []operand{{JSON: `{"a": [1]}`}}},
	{Name: "rego.parse_module", Operands: []operand{{JSON: `"a.rego"`}, {JSON: `"package a\n\np if input.x == 1"`}}},
	{Name: "regex.globs_match", Operands: []operand{{JSON: `"a.*"`}, {JSON: `"a.b"`}}},
}

// prepare is asked once, before the program is frozen. From then on nothing is collected, since the same call should
// take the same steps: the host starts again when the memory is full.
func prepare() result {
	for _, sample := range samples {
		sample.Now = "0"
		if out := sample.run(); out.fault != "" {
			fmt.Println(sample.Name, out.fault)
			os.Exit(1)
		}
	}
	// Go tests itself and makes tables before the first signature of a curve, which takes as long as a hundred of them.
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		digest := make([]byte, 32)
		digest[0] = 1
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err == nil {
			var signature []byte
			if signature, err = ecdsa.SignASN1(rand.Reader, key, digest); err == nil {
				ecdsa.VerifyASN1(&key.PublicKey, digest, signature)
			}
		}
		if err != nil {
			fmt.Println(curve.Params().Name, err)
			os.Exit(1)
		}
	}
	debug.FreeOSMemory()
	debug.SetGCPercent(-1)
	return result{value: ast.Boolean(true)}
}
