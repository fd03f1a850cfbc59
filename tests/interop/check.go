// Checks this project's files with the note and tree code of golang.org/x/mod, which shares nothing
// with it. Reads one case a line from standard input, words parted by tabs, and answers each with
// "yes" or "no: REASON":
//
//	checkpoint VKEY FILE
//	cosigned WITNESS-VKEY FILE
//	inclusion VKEY LEAF-FILE PROOF-FILE
//	consistency VKEY OLD-FILE PROOF-FILE
//	path PATH LEVEL INDEX WIDTH
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type head struct {
	origin string
	size   int64
	root   tlog.Hash
}

func readHead(file []byte, verifier note.Verifier) (head, error) {
	opened, err := note.Open(file, note.VerifierList(verifier))
	if err != nil {
		return head{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, errors.New("not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, errors.New("bad size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return head{}, err
	}
	return head{lines[0], size, root}, nil
}

func logHead(vkey string, file []byte) (head, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return head{}, err
	}
	found, err := readHead(file, verifier)
	if err == nil && found.origin != verifier.Name() {
		err = errors.New("another origin")
	}
	return found, err
}

// A witness: the signature is a time and a signature over the time and the text.
type witness struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.id }

func (w witness) Verify(text, blob []byte) bool {
	if len(blob) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(blob)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(w.key, []byte(signed), blob[8:])
}

func newWitness(vkey string) (witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return witness{}, errors.New("bad witness key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return witness{}, errors.New("not an Ed25519 witness key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	id := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return witness{}, errors.New("another key id")
	}
	return witness{parts[0], id, key[1:]}, nil
}

// Splits a proof into its first lines and the checkpoint after the empty line.
func split(file []byte) ([]string, []byte, error) {
	before, after, found := bytes.Cut(file, []byte("\n\n"))
	if !found {
		return nil, nil, errors.New("no checkpoint")
	}
	return strings.Split(string(before), "\n"), after, nil
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var path []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		path = append(path, hash)
	}
	return path, nil
}

func number(line, word string) (int64, error) {
	if !strings.HasPrefix(line, word) {
		return 0, errors.New("no " + word)
	}
	return strconv.ParseInt(line[len(word):], 10, 64)
}

func inclusion(vkey string, leaf, proof []byte) error {
	lines, checkpoint, err := split(proof)
	if err != nil {
		return err
	}
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	index, err := number(lines[1], "index ")
	if err != nil {
		return err
	}
	path, err := hashes(lines[2:])
	if err != nil {
		return err
	}
	found, err := logHead(vkey, checkpoint)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, found.size, found.root, index, tlog.RecordHash(leaf))
}

func consistency(vkey string, old, proof []byte) error {
	lines, checkpoint, err := split(proof)
	if err != nil {
		return err
	}
	from, err := number(lines[0], "old ")
	if err != nil {
		return err
	}
	path, err := hashes(lines[1:])
	if err != nil {
		return err
	}
	before, err := logHead(vkey, old)
	if err != nil {
		return err
	}
	after, err := logHead(vkey, checkpoint)
	if err != nil {
		return err
	}
	if before.size != from {
		return errors.New("another old size")
	}
	return tlog.CheckTree(path, after.size, after.root, from, before.root)
}

// The paths of x/mod have the height of a tile in them, those of tlog-tiles do not.
func path(words []string) error {
	var numbers []int64
	for _, word := range words[1:] {
		one, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return err
		}
		numbers = append(numbers, one)
	}
	tile := tlog.Tile{H: 8, L: int(numbers[0]), N: numbers[1], W: int(numbers[2])}
	theirs := "tile/8/" + strings.TrimPrefix(words[0], "tile/")
	if tile.Path() != theirs {
		return fmt.Errorf("the path is %s", tile.Path())
	}
	parsed, err := tlog.ParseTilePath(theirs)
	if err == nil && parsed != tile {
		err = errors.New("another tile")
	}
	return err
}

func check(words []string) error {
	var files [][]byte
	if len(words) > 2 && words[0] != "path" {
		for _, name := range words[2:] {
			file, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			files = append(files, file)
		}
	}
	switch {
	case words[0] == "checkpoint" && len(files) == 1:
		_, err := logHead(words[1], files[0])
		return err
	case words[0] == "cosigned" && len(files) == 1:
		verifier, err := newWitness(words[1])
		if err == nil {
			_, err = readHead(files[0], verifier)
		}
		return err
	case words[0] == "inclusion" && len(files) == 2:
		return inclusion(words[1], files[0], files[1])
	case words[0] == "consistency" && len(files) == 2:
		return consistency(words[1], files[0], files[1])
	case words[0] == "path" && len(words) == 5:
		return path(words[1:])
	}
	return errors.New("not a case")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		if err := check(strings.Split(lines.Text(), "\t")); err != nil {
			fmt.Fprintf(out, "no: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "yes")
		}
	}
}
