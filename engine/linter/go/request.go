package main

import "encoding/json"

// request is the union of what the operations take.
type request struct {
	Operation string `json:"operation"`

	// Modules to lint: their text by the name that findings carry.
	Modules map[string]string `json:"modules"`
	// Rules are rules beside Regal's own (packages custom.regal.rules.<category>.<rule>), and what they share: text by
	// name. For prepare those that every request has; for the others the user's, from .regal/rules.
	Rules map[string]string `json:"rules"`
	// Library is policies/lib: rules see its names as data.sallyport.library.
	Library map[string]string `json:"library"`
	// Data that rules see as data.sallyport.
	Data json.RawMessage `json:"data"`
	// Defaults are the levels and settings that stand below the user's, as YAML in the form of .regal/config.yaml.
	Defaults string `json:"defaults"`
	// Config is the user's .regal/config.yaml.
	Config string `json:"config"`
	// PathPrefix is the folder that patterns of ignored files are relative to.
	PathPrefix string `json:"path_prefix"`

	Disable           []string `json:"disable"`
	DisableAll        bool     `json:"disable_all"`
	DisableCategories []string `json:"disable_categories"`
	Enable            []string `json:"enable"`
	EnableAll         bool     `json:"enable_all"`
	EnableCategories  []string `json:"enable_categories"`
	IgnoreFiles       []string `json:"ignore_files"`

	// Collect asks for what rules over several files need.
	Collect bool `json:"collect"`
	// Aggregates and IgnoreDirectives are what lint gave for all files together.
	Aggregates       map[string][]map[string]any    `json:"aggregates"`
	IgnoreDirectives map[string]map[string][]string `json:"ignore_directives"`
}
