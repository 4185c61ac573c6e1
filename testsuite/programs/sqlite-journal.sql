pragma journal_mode = MODE;
pragma cache_size = 10;
create table t(a integer primary key, b, c);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
insert into t select i, i * i % 1009, hex(zeroblob(i % 50)) from n;
create index t_b on t(b);
select count(*), sum(b) from t;
begin;
savepoint one;
update t set b = -1 where a % 2;
rollback to one;
update t set b = b + 1;
delete from t where a > 2500;
select count(*), sum(b) from t;
.exit 3
