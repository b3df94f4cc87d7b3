"""Links to scikit-learn's documentation, made without asking for its index.

Intersphinx would fetch the index at every build. scikit-learn's addresses follow from its names,
so the pages can be built where there is no network.
"""

from docutils import nodes

SITE = "https://scikit-learn.org/stable"
GUIDE = {  # labels in docstrings that we inherit
    "accuracy_score": "modules/model_evaluation.html#accuracy-score",
    "metadata_routing": "metadata_routing.html",
    "r2_score": "modules/model_evaluation.html#r2-score-the-coefficient-of-determination",
}


def resolve(app, env, node, contnode):
    target = node["reftarget"]
    if target.startswith("sklearn."):
        owner, _, last = target.rpartition(".")
        is_member = owner.rpartition(".")[2][
            :1
        ].isupper()  # a method: it stands on its class's page
        address = f"{owner}.html#{target}" if is_member else f"{owner}.{last}.html"
        address = f"modules/generated/{address}"
    elif node["reftype"] == "term":
        address = f"glossary.html#term-{target}"
    elif target in GUIDE:
        address = GUIDE[target]
    else:
        return None
    reference = nodes.reference("", "", internal=False, refuri=f"{SITE}/{address}")
    reference += contnode
    return reference


def setup(app):
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
