# METADATA
# title: What the tests of rules share
package sallyport.lint.testing

# METADATA
# title: A policy of these lines, as rules see it
policy(text) := named("policies/p.rego", concat("", ["package policy.p\n\n", text, "\n"]))

# METADATA
# title: A module of any package in a file of any name
named(file, text) := regal.parse_module(file, text)
