"""`python -m ds_notebook.profile.rules` prints the rules' page of the documentation."""

from ds_notebook.profile.rules._pages import page

print(page(), end="")
