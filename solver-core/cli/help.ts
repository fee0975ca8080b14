/** The text of `tierwise --help`. */
export const helpText = `tierwise: energy-aware model development

  tierwise inspect MODEL   layers, shapes, MACs, parameters, bytes
                           --dim name=value   size of a symbolic dimension (default 1)
                           --layer ID  weights of one layer: histogram, zeros, spread; --bins N (default 64)
                           --before MODEL  beside those of another model, or REVISION:path
  tierwise check PLAN      diagnostics and budgets; exit code 1 on errors
                           --format text|json|sarif
  tierwise energy FILE     joules per layer for a model or a plan, inference and retraining
                           --target T  --train-on T (default server-cpu)  --epochs N|LOG.csv (default 20, 5 to 100 assumed)
                           --no-calibration  --switching (of a plan: simulate the gates of its multiply-adds on its rows)
                           --format text|json|csv|md|html  --out FILE
  tierwise annotations FILE.py   layers of PyTorch or Keras source with their \`# tier:\` comments and joules; nothing is run
                           --model M.onnx (its export; default the one beside it that matches)  --target T
                           --plan FILE.tiers (writes a new plan that says what the comments say)
  tierwise diff BEFORE AFTER   change of energy and accuracy between two models or plans; either may be REVISION:path
                           --target T  --format text|json|md  --fail-on-increase PERCENT (of inference; exit code 1 above it)
                           or with others by name: 5,sgd=10,solve=20,update=20
  tierwise fit PLAN        solves the lower tier in one step and writes a new model
                           --backend cpu|sim|serial:PORT|xrt:N  --out FILE (default MODEL.fitted.onnx)
                           PORT: auto, a path, a pattern or a USB serial number, with @BAUD for another rate
  tierwise stats PLAN      sums of one layer over one shard of the rows, as a file that can be merged
                           --shard i/n  --layer ID  --model PARTLY.onnx  --pass sums|means  --means FILE  --out FILE
  tierwise merge FILES     adds up the files of all shards; the order of FILES makes no difference
                           --out FILE  --partial
  tierwise fit PLAN --stats FILE   solves layers from merged sums, without rows
                           --model PARTLY.onnx  --out FILE
  tierwise learn PLAN      updates the upper tier with new rows, batch by batch, where they are worth their joules
                           --data FILE  --inputs NAME  --labels NAME  --batch N (default 64)
                           --policy plan|always|never  --fresh  --keep (on Ctrl-C keep the whole batches)
                           --state FILE (default MODEL.learned.state)  --out FILE (default MODEL.learned.onnx)
  tierwise unlearn PLAN    takes rows out of what was learned, as if they had never been there
                           --data FILE  --rows 0..99,105|all  --inputs NAME  --labels NAME  --state FILE  --out FILE
  tierwise eval MODEL      accuracy or mean squared error through ONNX Runtime
                           --data FILE  --inputs NAME  --labels NAME
                           of a language model cross-entropy: --data TEXT.txt  --tokens VOCAB.json  --context N (default 128)
                           --engine onnx|sparse (our own, which skips zero inputs)
  tierwise select PLAN     integer weights that cost less multiply-add energy, within an allowed loss of accuracy
                           --max-drop POINTS (default 1)  --bits 8|4  --values all|set|powers-of-two
                           --set-size N (values of a set: 16; with 4 bits 8)
                           --method closed-form|training  --cell array|booth|shift (whose energy is saved)
                           --rows N (calibration rows at most)  --trial (writes nothing)
                           --out FILE (default MODEL.selected.onnx)  --format text|md|json
  tierwise sparsify PLAN   zeros where layers read, by thresholds and without training, within an allowed loss
                           --max-loss PERCENT (default 2, of the whole model)  --method budget|sequential|uniform
                           --per channel|site  --no-correct  --without ROLE (again for more)  --target T
                           --trial (writes nothing)  --fresh (forgets an interrupted run)
                           --out FILE (default MODEL.sparse.onnx)  --format text|md|json
  tierwise compound PLAN   decides a stream with a small lower and a larger upper module, and learns where it is worth its joules
                           --stream FILE (.txt next token, .jsonl classes of texts, .npz/.csv classes of rows, - standard input)
                           --inputs NAME  --labels NAME  --batch N (default 64)  --policy plan|always|never
                           --fresh  --keep (on Ctrl-C keep the whole batches)  --state FILE (default MODEL.compound.state)
                           --out FOLDER (default beside the model)  --format text|md|json
  tierwise sensors         meters of this machine and why others cannot be used; runs nothing
                           --backend serial:PORT (asks that board for its telemetry, too)
  tierwise measure FILE    joules of one inference by a meter, idle power taken off; kept in MODEL.measured.json
                           --sensor ID  --target T (what this machine is)  --data FILE  --format text|md
                           --fit (of a plan: one fit of its lower tiers)  --backend cpu|xrt:N|serial:PORT
  tierwise calibrate TARGET FILES   fits a target's constants to the measurements of these models
                           --measure (measures each first)  --sensor ID  --format text|md
  tierwise boards [PORT]   serial ports and XRT cards; opens none, unless a PORT (or xrt:N) is named or
                           --probe asks every candidate who it is
  tierwise board-sim --pty PATH   a board without hardware: its circuit behind a pseudo-terminal, for --backend serial:PATH
                           --drop RATE  --flip RATE  --garbage RATE (shares of the bytes)  --delay MS
                           --unplug-after BYTES (again for a second time)  --replug-after MS  --power-loss
                           --seed N  --verbose (shows the frames)

  --json    one JSON document on stdout, everything else on stderr
  --quiet   no progress
  --version, --help

Exit codes: 0 done · 1 model, plan or data has errors, or a budget is exceeded · 2 usage ·
            3 backend or device failed · 4 internal error · 130 cancelled
`;
