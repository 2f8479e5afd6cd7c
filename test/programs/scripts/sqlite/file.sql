.open data.db
pragma journal_mode = wal;
create table t(k text unique, v blob);
begin; with recursive n(i) as (select 0 union all select i + 1 from n where i < 1500) insert into t select printf('key%05d', (i * 7919) % 10007), zeroblob(i % 50) from n; commit;
pragma integrity_check; pragma wal_checkpoint(truncate); vacuum; pragma page_count;
attach 'other.db' as o; create table o.copy as select k, length(v) n from t order by k; select count(*), sum(n), min(k), max(k) from o.copy; detach o;
.backup backup.db
.open backup.db
select count(*), sum(length(v)) from t;
.schema
.output list.csv
.mode csv
select k, length(v) from t order by k limit 300;
.output stdout
.import list.csv imported
select count(*) from imported;
.dump o
.system md5sum list.csv
.open --readonly data.db
insert into t values ('x', 1);
