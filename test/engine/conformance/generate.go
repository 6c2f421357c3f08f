// Writes OPA's own conformance cases (v1/test/cases of the module github.com/open-policy-agent/opa, Apache-2.0) in the form
// that conformance.test.ts reads: one JSON object a line on standard output, first a header. generate.js runs it.
//
// A case is a query over some modules. Compiling thousands of modules one by one would take a quarter of an hour, so each case is moved
// below a package of its own and its query becomes a rule, `data.query.<package>.results`: then hundreds of them fit
// into one policy. OPA's own evaluator runs what came out, and a case that does not give there what it should
// is an error here, so that nothing is lost on the way. Cases of Rego v0 are written as v1, as `opa fmt --v0-v1` does.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

type header struct {
	Licence string `json:"licence"`
	Opa     string `json:"opa"`
	// How many cases the module has; some come out the same in v0 and v1.
	Cases int `json:"cases"`
}

type converted struct {
	// The names of the cases that are this one: `v0/…`, `v1/…`.
	Names []string `json:"names"`
	// The package that everything is below, empty for a case that must be compiled alone.
	Package string   `json:"package"`
	Modules []string `json:"modules"`
	// The module whose rule `results` is the query.
	Query string `json:"query"`
	// Builtins that the case calls, operators left out.
	Builtins []string `json:"builtins"`
	// JSON as text, so that no reader changes its numbers.
	Data  string `json:"data,omitempty"`
	Input string `json:"input,omitempty"`
	// The bindings of the query's variables, as a set.
	Want string `json:"want,omitempty"`
	// The arrays in the bindings are sets.
	Sort bool `json:"sort,omitempty"`
	// The error that ends the evaluation.
	Error string `json:"error,omitempty"`
	// The error that OPA reports in its strict mode alone; `want` is then what it answers otherwise.
	Strict string `json:"strict,omitempty"`
	// Why the case cannot be written in Rego v1.
	Unwritable string `json:"unwritable,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		fail(errors.New("usage: generate MODULE-FOLDER MODULE-VERSION"))
	}
	total := 0
	index := map[string]int{}
	var all []converted
	for _, version := range []ast.RegoVersion{ast.RegoV0, ast.RegoV1} {
		folder := filepath.Join(os.Args[1], "v1", "test", "cases", "testdata", version.String())
		for _, tc := range cases.MustLoad(folder).Sorted().Cases {
			total++
			one := convert(tc, version)
			name := version.String() + "/" + tc.Note
			key := identity(one)
			if position, seen := index[key]; seen {
				all[position].Names = append(all[position].Names, name)
				continue
			}
			one.Names = []string{name}
			index[key] = len(all)
			all = append(all, one)
		}
	}
	for i := range all {
		sort.Strings(all[i].Names)
	}
	slices.SortFunc(all, func(a, b converted) int { return slices.Compare(a.Names, b.Names) })
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(header{
		Licence: "Test cases of OPA, Copyright The OPA Authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0), rewritten by generate.go",
		Opa:     os.Args[2], Cases: total,
	}))
	for _, one := range all {
		check(encoder.Encode(one))
	}
}

// identity is equal for cases that differ in their names alone.
func identity(one converted) string {
	one.Names = nil
	bytes, err := json.Marshal(one)
	check(err)
	return string(bytes)
}

func convert(tc cases.TestCase, version ast.RegoVersion) converted {
	// What asks for its own path must stay where it is.
	if strings.Contains(strings.Join(tc.Modules, ""), "rego.metadata.") {
		return rewritten(tc, version, "")
	}
	// The package is named after what is in it, so that a new version of OPA changes the cases that changed alone.
	draft := rewritten(tc, version, "draft")
	if draft.Unwritable != "" {
		// OPA's formatter writes a few modules in a way that means something else (it loses parentheses around `in`).
		return rewritten(tc, version, "")
	}
	sum := sha256.Sum256([]byte(identity(draft)))
	return rewritten(tc, version, "c"+hex.EncodeToString(sum[:6]))
}

func rewritten(tc cases.TestCase, version ast.RegoVersion, name string) converted {
	out, err := rewrite(tc, version, name)
	if err != nil {
		return converted{Modules: append([]string{}, tc.Modules...), Query: tc.Query, Builtins: []string{}, Unwritable: err.Error()}
	}
	return out
}

func rewrite(tc cases.TestCase, version ast.RegoVersion, name string) (out converted, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	out = converted{Package: name, Sort: tc.SortBindings, Modules: []string{}, Builtins: []string{}}
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(tc.ExperimentalKeywords))
	options := ast.ParserOptions{RegoVersion: version, ProcessAnnotation: true, Capabilities: capabilities}
	used := map[string]bool{}
	for i, text := range tc.Modules {
		module, err := ast.ParseModuleWithOpts(fmt.Sprintf("test-%d.rego", i), text, options)
		if err != nil {
			return out, err
		}
		builtinsOf(module, used)
		if module, err = move(module, name); err != nil {
			return out, err
		}
		if name == "" && version == ast.RegoV1 {
			out.Modules = append(out.Modules, text)
			continue
		}
		written, err := format.AstWithOpts(module, format.Opts{RegoVersion: ast.RegoV1, Capabilities: capabilities})
		if err != nil {
			return out, err
		}
		out.Modules = append(out.Modules, string(written))
	}
	body, err := ast.ParseBodyWithOpts(tc.Query, ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities})
	if err != nil {
		return out, err
	}
	builtinsOf(body, used)
	out.Builtins = util.KeysSorted(used)
	if err := values(tc, body, &out); err != nil {
		return out, err
	}
	if out.Query, err = queryModule(tc, name, body); err != nil {
		return out, err
	}
	return out, expect(tc, capabilities, &out)
}

// builtinsOf names the builtins that are called by name, or replaced by `with`.
func builtinsOf(node any, used map[string]bool) {
	ast.WalkRefs(node, func(ref ast.Ref) bool {
		if builtin, ok := ast.BuiltinMap[ref.String()]; ok && builtin.Infix == "" {
			used[builtin.Name] = true
		}
		return false
	})
}

// move puts the whole data document below a package.
func move[T any](node T, name string) (T, error) {
	if name == "" {
		return node, nil
	}
	below := func(ref ast.Ref) (ast.Value, error) {
		if !ref[0].Equal(ast.DefaultRootDocument) {
			return ref, nil
		}
		return append(ast.Ref{ref[0], ast.StringTerm(name)}, ref[1:]...), nil
	}
	// OPA's transformation leaves `some … in …` as it is.
	var failed error
	ast.WalkNodes(node, func(inner ast.Node) bool {
		if some, ok := inner.(*ast.SomeDecl); ok {
			for _, symbol := range some.Symbols {
				moved, err := ast.TransformRefs(symbol.Value, below)
				if err != nil {
					failed = err
				} else {
					symbol.Value = moved.(ast.Value)
				}
			}
		}
		return false
	})
	if failed != nil {
		return node, failed
	}
	moved, err := ast.TransformRefs(node, below)
	if err != nil {
		return node, err
	}
	if module, ok := moved.(*ast.Module); ok {
		for _, one := range module.Imports {
			if path, ok := one.Path.Value.(ast.Ref); ok && len(path) == 2 && path[0].Equal(ast.DefaultRootDocument) && one.Alias == "" {
				return node, errors.New("the whole data document is imported")
			}
		}
	}
	return moved.(T), nil
}

// values fills in data and input. An input that is no JSON becomes part of the query.
func values(tc cases.TestCase, body ast.Body, out *converted) error {
	var err error
	if tc.Data != nil {
		if out.Data, err = jsonText(*tc.Data); err != nil {
			return err
		}
	}
	if tc.InputTerm == nil {
		if tc.Input != nil {
			out.Input, err = jsonText(*tc.Input)
		}
		return err
	}
	term, err := ast.ParseTerm(*tc.InputTerm)
	if err != nil {
		return err
	}
	sets := false
	ast.WalkTerms(term, func(t *ast.Term) bool {
		_, isSet := t.Value.(ast.Set)
		sets = sets || isSet
		return false
	})
	if sets {
		for _, expr := range body {
			expr.With = append(expr.With, &ast.With{Target: ast.NewTerm(ast.InputRootRef), Value: term})
		}
		return nil
	}
	plain, err := ast.JSON(term.Value)
	if err != nil {
		return err
	}
	out.Input, err = jsonText(plain)
	return err
}

func jsonText(value any) (string, error) {
	bytes, err := json.Marshal(value)
	return string(bytes), err
}

func queryModule(tc cases.TestCase, name string, body ast.Body) (string, error) {
	variables := map[string]bool{}
	if tc.WantResult != nil && len(*tc.WantResult) > 0 {
		for key := range (*tc.WantResult)[0] {
			variables[key] = true
		}
	}
	bindings := make([]string, 0, len(variables))
	for _, key := range util.KeysSorted(variables) {
		bindings = append(bindings, fmt.Sprintf("%q: %s", key, key))
	}
	moved, err := move(body, name)
	if err != nil {
		return "", err
	}
	expressions := make([]string, 0, len(moved))
	for _, expr := range moved {
		expressions = append(expressions, "\t"+expr.String())
	}
	place := "query"
	if name != "" {
		place += "." + name
	}
	return fmt.Sprintf("package %s\n\nresults contains {%s} if {\n%s\n}\n", place, strings.Join(bindings, ", "), strings.Join(expressions, "\n")), nil
}

// expect fills in what the case must give, and holds OPA to it.
func expect(tc cases.TestCase, capabilities *ast.Capabilities, out *converted) error {
	code := ""
	if tc.WantErrorCode != nil {
		code = *tc.WantErrorCode
	} else if tc.WantError != nil {
		code = "any"
	}
	got, err := evaluate(*out, capabilities, tc.StrictError)
	if code != "" {
		var topdownError *topdown.Error
		if err == nil {
			return fmt.Errorf("OPA gives %v, and should fail with %s", got, code)
		}
		if !errors.As(err, &topdownError) || code != "any" && topdownError.Code != code {
			return fmt.Errorf("OPA fails with %v, and should with %s", err, code)
		}
		if !tc.StrictError {
			out.Error = topdownError.Code
			return nil
		}
		out.Strict = topdownError.Code
		if got, err = evaluate(*out, capabilities, false); err != nil {
			return err
		}
		out.Want, err = jsonText(got)
		return err
	}
	if err != nil {
		return err
	}
	want := *tc.WantResult
	if compare(want, got, tc.SortBindings) != 0 {
		return fmt.Errorf("OPA gives %v, and should give %v", got, want)
	}
	out.Want, err = jsonText(want)
	return err
}

func compare(want []map[string]any, got []any, sorted bool) int {
	set := func(items []any) ast.Set {
		out := ast.NewSet()
		for _, item := range items {
			object := item.(map[string]any)
			if sorted {
				for _, value := range object {
					if list, ok := value.([]any); ok {
						slices.SortFunc(list, util.Compare)
					}
				}
			}
			out.Add(ast.NewTerm(ast.MustInterfaceToValue(object)))
		}
		return out
	}
	wanted := make([]any, 0, len(want))
	for _, one := range want {
		wanted = append(wanted, one)
	}
	return set(wanted).Compare(set(got))
}

func evaluate(one converted, capabilities *ast.Capabilities, strict bool) ([]any, error) {
	place := "data.query.results"
	data := map[string]any{}
	if one.Data != "" {
		if err := util.Unmarshal([]byte(one.Data), &data); err != nil {
			return nil, err
		}
	}
	if one.Package != "" {
		place = "data.query." + one.Package + ".results"
		data = map[string]any{one.Package: data}
	}
	texts := map[string]string{"query.rego": one.Query}
	for i, text := range one.Modules {
		texts[fmt.Sprintf("test-%d.rego", i)] = text
	}
	compiler, err := ast.CompileModulesWithOpt(texts, ast.CompileOpts{
		ParserOptions: ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true, Capabilities: capabilities},
	})
	if err != nil {
		return nil, err
	}
	query, err := compiler.QueryCompiler().Compile(ast.MustParseBody("answer = " + place))
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	store := inmem.NewFromObject(data)
	run := topdown.NewQuery(query).WithCompiler(compiler).WithStore(store).WithTransaction(storage.NewTransactionOrDie(ctx, store)).
		WithStrictBuiltinErrors(strict)
	if one.Input != "" {
		var input any
		if err := util.Unmarshal([]byte(one.Input), &input); err != nil {
			return nil, err
		}
		run = run.WithInput(ast.NewTerm(ast.MustInterfaceToValue(input)))
	}
	results, err := run.Run(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := ast.JSON(results[0]["answer"].Value)
	if err != nil {
		return nil, err
	}
	return answer.([]any), nil
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
