import os, pathlib, shutil, stat, sys, tempfile
root = pathlib.Path("tree"); (root / "a" / "b").mkdir(parents=True); (root / "a" / "f.txt").write_text("line\n" * 100); (root / "a" / "b" / "g.bin").write_bytes(bytes(range(256)) * 20)
os.symlink("f.txt", root / "a" / "link"); os.chmod(root / "a" / "f.txt", 0o640); os.utime(root / "a" / "f.txt", (10**9, 10**9))
for folder, names, files in sorted(os.walk(root)): print(folder, sorted(names), sorted(files))
s = os.stat(root / "a" / "link"); print(stat.filemode(s.st_mode), s.st_size, s.st_mtime, s.st_nlink, os.readlink(root / "a" / "link"), os.path.realpath(root / "a" / "link"))
with open(root / "a" / "b" / "g.bin", "r+b") as f: f.seek(1000); print(f.read(8)); f.truncate(2000); f.seek(0, 2); print(f.tell()); f.write(b"end"); f.flush(); os.fsync(f.fileno())
fd = os.open(root / "new", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600); print(os.pwrite(fd, b"positioned", 100), os.pread(fd, 5, 102), os.lseek(fd, 0, os.SEEK_CUR), os.fstat(fd).st_size); os.close(fd)
for attempt in (lambda: open("missing"), lambda: os.rmdir("tree"), lambda: os.mkdir("tree"), lambda: os.open("tree/new", os.O_CREAT | os.O_EXCL), lambda: os.listdir("tree/new")):
    try: attempt()
    except OSError as error: print(type(error).__name__, error)
shutil.copytree(root, "copy", symlinks=True); print(sorted(str(p) for p in pathlib.Path("copy").rglob("*"))); os.rename("copy/new", "copy/renamed"); shutil.rmtree("copy"); print(os.path.exists("copy"))
with tempfile.TemporaryDirectory() as d: print(os.path.isdir(d)); start = os.getcwd(); os.chdir(d); print(os.getcwd() == os.path.realpath(d)); os.chdir(start)
os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT), 9); os.write(9, b"dup"); print(open("out").read(), sorted(os.scandir("tree"), key=lambda e: e.name)[0].is_dir(), len(os.listdir("/usr/share/base-passwd"))); sys.exit(3)
