package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

type buildResult struct {
	Collected string `json:"collected"`
	Reads     reads  `json:"reads"`
	// At which stages the policies have a say.
	Stages []stage `json:"stages"`
	// Whether decisions can depend on where values come from.
	Lineage bool `json:"lineage"`
	// policy.wasm and the whole bundle (.tar.gz), in base64.
	Wasm   []byte `json:"wasm"`
	Bundle []byte `json:"bundle"`
}

// build makes an OPA bundle for WASM: the same request gives the same bytes.
//
// OPA's optimizer is left off: without declared roots it drops rules silently, and it gains nothing for WASM.
func build(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, false)
	if policy == nil {
		return nil, diagnostics
	}
	entrypoints, missing := entrypointRefs(policy.compiler, req.Entrypoints)
	if len(missing) > 0 {
		return nil, append(diagnostics, missing...)
	}
	dependencies := readsOf(policy.compiler, entrypoints)
	lineage := needsLineage(policy.modules, dependencies.Paths)
	manifest := bundle.Manifest{Revision: req.Revision, Metadata: map[string]any{}}
	maps.Copy(manifest.Metadata, req.Metadata)
	// Last: nobody's own metadata may say what is read, for decisions are remembered by that.
	manifest.Metadata["sallyport"] = map[string]any{
		"schema": 1, "stages": stagesOf(policy.modules), "input_paths": dependencies.Paths, "input_compared": dependencies.Compared,
		"reads_clock": dependencies.Clock, "builtins": dependencies.Builtins, "lineage": lineage,
	}
	if req.Roots != nil {
		// The library and the generated module stand beside whatever the policies declare.
		manifest.Roots = &[]string{}
		for _, root := range append([]string{"sallyport"}, req.Roots...) {
			manifest.AddRoot(root)
		}
	}
	manifest.Init()
	source := bundle.Bundle{Manifest: manifest, Data: req.Data}
	if source.Data == nil {
		source.Data = map[string]any{}
	}
	for _, name := range sortedKeys(policy.modules) {
		text := req.Modules[name]
		if name == collectedFile {
			text = policy.collected
		}
		source.Modules = append(source.Modules, bundle.ModuleFile{URL: name, Path: name, Raw: []byte(text), Parsed: policy.modules[name]})
	}
	parts := map[string][2]int{}
	for name, module := range policy.modules {
		parts[name] = partsOf(module)
	}
	compiler := compile.New().
		WithTarget(compile.TargetWasm).
		WithEntrypoints(append(slices.Clone(req.Entrypoints), dependencies.boundBy(req.Entrypoints)...)...).
		WithBundle(&source).
		WithCapabilities(capabilities(req.Builtins)).
		WithRegoVersion(ast.RegoV1)
	if err := compiler.Build(context.Background()); err != nil {
		return nil, append(diagnostics, fromError(err)...)
	}
	built := compiler.Bundle()
	for i := range built.Modules {
		restoreText(&built.Modules[i], req.Modules, parts)
	}
	var archive bytes.Buffer
	if err := bundle.NewWriter(&archive).Write(*built); err != nil {
		return nil, append(diagnostics, failure(err))
	}
	return buildResult{
		Collected: policy.collected,
		Reads:     dependencies,
		Stages:    stagesOf(policy.modules),
		Lineage:   lineage,
		Wasm:      built.WasmModules[0].Raw,
		Bundle:    archive.Bytes(),
	}, diagnostics
}

// restoreText puts back what the author wrote. OPA prints a module anew when it has any comment, which moves its lines:
// whoever looks a rule up by the bundle's word should find it in the sources. Where the rules of an entrypoint were taken
// out, the module has to stay as OPA wrote it.
func restoreText(file *bundle.ModuleFile, texts map[string]string, parts map[string][2]int) {
	name := strings.TrimPrefix(file.Path, "/")
	if text, ok := texts[name]; ok && partsOf(file.Parsed) == parts[name] {
		file.Raw = []byte(text)
	}
}

func partsOf(module *ast.Module) [2]int {
	return [2]int{len(module.Rules), len(module.Imports)}
}

func entrypointRefs(compiler *ast.Compiler, entrypoints []string) ([]ast.Ref, []diagnostic) {
	var refs []ast.Ref
	var missing []diagnostic
	for _, entrypoint := range entrypoints {
		ref, err := ast.PtrRef(ast.DefaultRootDocument, entrypoint)
		if err != nil || len(compiler.GetRulesDynamic(ref)) == 0 {
			missing = append(missing, diagnostic{Severity: "error", Code: "entrypoint_undefined",
				Message: fmt.Sprintf("no rule stands at the entrypoint %s", entrypoint),
				Help:    "an entrypoint is a package and a rule: " + strings.Join([]string{"policy", "production", "deny"}, "/")})
			continue
		}
		refs = append(refs, ref)
	}
	return refs, missing
}
