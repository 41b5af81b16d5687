"""Runs examples/python-app with Pulumi's mocks: settings and outputs from stdin, the container's inputs to stdout."""

import json
import runpy
import sys
from pathlib import Path

import pulumi

given = json.load(sys.stdin)
made = {}


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        if args.typ == "pulumi:pulumi:StackReference":
            secret = ["users", "connection", "deployments"]
            return args.name, {**args.inputs, "outputs": given["outputs"], "secretOutputNames": secret}
        made[args.typ] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}


example = Path(__file__).parents[2] / "examples" / "python-app"
sys.path.insert(0, str(example))
sys.dont_write_bytecode = True
pulumi.runtime.set_mocks(Mocks(), project="python-app", stack="test")
pulumi.runtime.set_all_config({f"python-app:{name}": value for name, value in given["settings"].items()})


@pulumi.runtime.test
def program():
    runpy.run_path(str(example / "__main__.py"))


try:
    program()
except pulumi.RunError as error:
    sys.exit(str(error))
json.dump(made["docker:index/container:Container"], sys.stdout)
