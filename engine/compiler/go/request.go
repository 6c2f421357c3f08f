package main

// request is what every operation may be given; see protocol.ts for what each of them reads.
type request struct {
	Operation string `json:"operation"`
	// Rego text by file name.
	Modules map[string]string `json:"modules"`
	Data    map[string]any    `json:"data"`
	// JSON Schema of `input`.
	Schema any `json:"schema"`
	// Host builtins that the runtime supplies. Nil: no restriction.
	Builtins []string `json:"builtins"`
	// Entrypoints as package/rule paths.
	Entrypoints []string       `json:"entrypoints"`
	Revision    string         `json:"revision"`
	Metadata    map[string]any `json:"metadata"`
	// Roots of the bundle's manifest, as paths with `/`. Nil: none are declared.
	Roots []string `json:"roots"`
	// Content of an archive's files in base64, by name.
	Files map[string]string `json:"files"`

	Query string `json:"query"`
	// An absent input is not the same as null.
	Input  *any   `json:"input"`
	Strict bool   `json:"strict"`
	Now    *int64 `json:"now"`
	Filter string `json:"filter"`
	// Name the tests, don't run them.
	List bool `json:"list"`
	// What the decision is asked about.
	Inputs   []any `json:"inputs"`
	Coverage bool  `json:"coverage"`

	// What explain is to judge.
	Cases []explainInput `json:"cases"`
	// The modules come out of a bundle, from which OPA took its entrypoints' rules: imports may be left without a use.
	Lenient bool `json:"lenient"`
}
