# shellcheck shell=sh
# Why a node or a Sentinel has not decided yet, in a file, so that its health check can say it.

UNDECIDED=$DATA_DIR/undecided

note_waiting() { put_file "$UNDECIDED" "$*"; }

note_decided() { rm -f "$UNDECIDED"; }

why_waiting() {
    if [ -r "$UNDECIDED" ]; then cat "$UNDECIDED"; else echo 'it has just started'; fi
}
