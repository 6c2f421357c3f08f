# What the corpus of masking goes by: nobody sees a labelled value in clear.
package policy.masking

allow contains {"message": "everybody may do anything", "accept": "incomplete"}

mask contains {"labels": ["pii"], "with": "redact"}
