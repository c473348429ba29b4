"""`python -m graph_api.cli`: the command line where no script is on the path."""

from graph_api.cli.main import main

if __name__ == "__main__":
    main()
